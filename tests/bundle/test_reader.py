from tempfile import TemporaryFile

import pytest

from collector.bundle.reader import Lines


@pytest.mark.parametrize(("start", "stop"), [(0, 1300), (0, 0), (5, 4), (511, 513), (512, 1024), (1299, 1300)])
def test_lines_read_in_blocks_are_the_lines_read_one_by_one(start, stop):
    with TemporaryFile() as file:
        file.write(b"".join(b"x" * (number % 7) + b"\n" for number in range(1300)))
        lines = Lines(file, "it", 100)
        assert list(lines.between(start, stop)) == [lines[number] for number in range(start, stop)]
