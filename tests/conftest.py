"""What every test shares: hypothesis without deadlines (the machines are noisy), and the real servers."""

from hypothesis import settings

settings.register_profile("house", deadline=None, max_examples=30)
settings.load_profile("house")

pytest_plugins = ["servers.fixtures"]
