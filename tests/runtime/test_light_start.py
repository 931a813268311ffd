"""Starting a module without the grammar of international addresses."""

import subprocess
import sys

SCRIPT = """
import sys
if __name__ == "__main__":
    import jsonschema
    print(sys.argv[1:], "lark" in sys.modules)
    sys.exit(3)
"""


def test_a_module_receives_its_arguments_loads_no_grammar_and_sets_the_status(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "tracker.runtime.light_start", "script", "--port=1", "a b"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "['--port=1', 'a b'] False\n", "")
