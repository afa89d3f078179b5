from argparse import ArgumentParser

import pytest

from edge_agent.scene_tools.edit import DEFAULT_PORT, add_arguments


def test_the_scene_is_asked_for_and_the_port_has_a_default() -> None:
    parser = ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(["v.mp4", "--scene", "s.toml"])
    assert (args.footage, args.port, args.threads, args.tiles) == ("v.mp4", DEFAULT_PORT, 1, 2)


@pytest.mark.parametrize(
    "option", [["--port", "70000"], ["--port", "x"], ["--tiles", "0"], ["--threads", "99"]]
)
def test_options_out_of_range_are_refused(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    parser = ArgumentParser()
    add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["v.mp4", "--scene", "s.toml", *option])
    assert option[0] in capsys.readouterr().err
