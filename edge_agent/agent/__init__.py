"""The running node: every part made, joined and watched. Only `edge_agent.__main__` imports this package."""
