"""Delivers once over a database, to be killed meanwhile: `python sending_program.py URL`."""

import sys

from builders.notices import Post

from aggregator.storage.relational.engine import make_engine

if __name__ == "__main__":
    Post(make_engine(sys.argv[1])).delivery.tick()
