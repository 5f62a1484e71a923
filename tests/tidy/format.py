"""Every C++ file is as clang-format leaves it. Usage: format.py ROOT CLANG-FORMAT"""

import subprocess
import sys

from tidy import Tree

root, program = sys.argv[1:]
files = sorted(str(path) for path in Tree(root).cxx())
sys.exit(subprocess.run([program, "--dry-run", "-Werror", *files], check=False).returncode)
