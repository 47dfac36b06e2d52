"""A filter made into something that runs: `$filter` text for a service, a predicate over records."""
