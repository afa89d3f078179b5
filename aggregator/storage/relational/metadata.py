"""What all tables share: one `MetaData`, its naming rules, and the lengths of common columns.

Neighbours: `tables.py` has the tables of nodes and facts; each `*_tables.py` has those of one field of work,
and `every_table.py` imports them all for the migrations.
"""

from typing import Final

from sqlalchemy import BigInteger, Integer, MetaData

NAME: Final = 64
NODE: Final = 32
STREAM: Final = 16

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

UUID: Final = 36
ID = BigInteger().with_variant(Integer(), "sqlite")  # SQLite gives row ids to INTEGER keys alone
