"""Engines for more saved jobs than one machine can read: `engines.spark`."""
