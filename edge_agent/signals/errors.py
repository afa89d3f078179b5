"""What can go wrong with a controller's feed: the feed's or the network's fault, never the agent's."""


class FeedError(Exception):
    """A feed cannot be heard now; the message says why and what to do, and it is tried again."""
