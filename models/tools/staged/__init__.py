"""Staged scenes: real cut-outs moved along known paths over real backgrounds, with exact truth.

`staging.py` holds what a clip is, `scripts_*.py` write clips by seed, `render.py` paints them,
`truth_file.py` writes what is true beside them, `stand_ins.py` makes tracks without a detector, `trial.py`
runs the rules and `score.py` counts. A figure that comes from here always says "staged".
"""
