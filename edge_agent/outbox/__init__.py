"""Sealed facts wait here, on disk, until the aggregator's watermark has passed them.

`seal` and `policy` are pure; `journal` is the SQLite file and the durability point; `outbox` adds what to do
when the disk fails; `recorder` is the thread that commits.
"""
