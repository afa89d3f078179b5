"""Seeds follow from the commit and the name, and from nothing else."""

from staged.seeds import commit_hash, seeds_of


def test_the_same_commit_gives_the_same_seeds_and_another_others() -> None:
    assert seeds_of("abc", "red_light", 5) == seeds_of("abc", "red_light", 5)
    assert seeds_of("abc", "red_light", 8)[:5] == seeds_of("abc", "red_light", 5)
    different = {
        seeds_of("abc", "red_light", 5),
        seeds_of("abd", "red_light", 5),
        seeds_of("abc", "wrong_way", 5),
    }
    assert len(different) == 3
    assert all(0 <= seed < 2**31 for seed in seeds_of("abc", "red_light", 100))


def test_there_is_always_a_commit_to_take_them_from() -> None:
    assert commit_hash()
