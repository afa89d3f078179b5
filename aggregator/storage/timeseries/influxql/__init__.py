"""InfluxQL as dashboards send it: text → AST → DuckDB SQL or fresh InfluxQL. Pure.

The walk: `lexer` → `parser` (with `expressions` and `conditions`) → `syntax` (the tree) → `scope` adds
what the asker may see → either `influx_text` renders the tree for a real InfluxDB, or `plan` checks it
against a `schema`, `duckdb_sql` makes statements of it, and `series` makes the answer of their rows.

Invariants: what is not in the subset is refused by name (`refusals`), never passed on and never
guessed; a value never becomes SQL text; InfluxDB gets text that was rendered from the tree, never
the text received.
"""
