"""N simulated nodes on a real broker: the wire contract driven hard, with every fact accounted for.

The node's behaviour (`node.py`) and its facts (`facts.py`) are pure; `fleet_loop.py` drives all
connections from one thread.
"""
