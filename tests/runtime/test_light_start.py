"""A module that is started without the grammar of international addresses."""

import subprocess
import sys

SHOWS = """
import sys
if __name__ == "__main__":
    import jsonschema
    print(sys.argv[1:], "lark" in sys.modules)
    sys.exit(3)
"""


def test_a_module_gets_its_arguments_loads_no_grammar_and_returns_its_status(tmp_path):
    (tmp_path / "shows.py").write_text(SHOWS)
    command = [sys.executable, "-m", "tracker.runtime.light_start", "shows", "--port=1", "a b"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "['--port=1', 'a b'] False\n", "")
