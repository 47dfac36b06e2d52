"""The six job APIs on loopback, over real HTTP, as published: something to try, show and test against without a token.

`serve.running(generate.generate(1000, seed=1))` gives a base URL for as long as the `with` block lasts; what goes wrong
on purpose is a `faults.Faults`, and `serve.Emulator` tells what it was asked. `generate` and `faults` need nothing but
the package; `app` and `serve` need the extra `emulator`.
"""
