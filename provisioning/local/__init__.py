"""The whole system on one machine: `provision local`, which `make demo` runs.

`plan.py` and `outcome.py` are pure; `process.py`, `system_api.py` and `run.py` are the shell.
"""
