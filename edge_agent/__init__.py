"""The node: capture, perceive, decide, store, publish. `__main__` composes the stages."""
