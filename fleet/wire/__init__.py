"""The contract between nodes and aggregator: pure values and functions, no I/O and no clock.

Both sides import this package and nothing else of `fleet`. The golden vectors in
`tests/contract/vectors` pin its bytes.
"""
