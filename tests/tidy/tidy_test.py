"""Each rule of tidy.py finds what it is for, and only that. Trees are written as {path: content}."""

import pathlib
import sys
import tempfile
import unittest

import tidy

PURPOSE = "// Purpose: x. Lifetime: value. Threads: none.\n"

# (name, rule, tree, the complaints' `path:line`)
CASES = [
    ("upward include", tidy.include_direction,
     {"services/lib/domain/a.h": PURPOSE + '#include "market/b.h"\n'}, ["services/lib/domain/a.h:2"]),
    ("sideways include", tidy.include_direction,
     {"services/lib/pubsub/a.cc": '#include "matching/b.h"\n'}, ["services/lib/pubsub/a.cc:1"]),
    ("edge to edge", tidy.include_direction,
     {"services/lib/xmpp/a.cc": '#include "storage/b.h"\n'}, ["services/lib/xmpp/a.cc:1"]),
    ("downward include", tidy.include_direction,
     {"services/lib/market/a.cc": '#include "base/b.h"\n#include "audit/c.h"\n#include "market/d.h"\n'}, []),
    ("gloox outside xmpp", tidy.include_direction,
     {"services/lib/market/a.cc": "#include <gloox/tag.h>\n", "services/lib/xmpp/a.cc": "#include <gloox/tag.h>\n"},
     ["services/lib/market/a.cc:1"]),
    ("pqxx in a program", tidy.include_direction,
     {"services/market/main.cc": "#include <pqxx/pqxx>\n"}, ["services/market/main.cc:1"]),
    ("storage in the cli", tidy.include_direction,
     {"services/cli/main.cc": '#include "storage/store.h"\n'}, ["services/cli/main.cc:1"]),
    ("unknown library", tidy.known_libraries, {"services/lib/magic/a.cc": ""}, ["services/lib/magic"]),
    ("clock in a pure folder", tidy.pure_folders,
     {"services/lib/matching/a.cc": "\nauto t = std::chrono::system_clock::now();\n"}, ["services/lib/matching/a.cc:2"]),
    ("environment in a pure folder", tidy.pure_folders,
     {"services/lib/market/a.cc": 'auto h = std::getenv("HOME");\n'}, ["services/lib/market/a.cc:1"]),
    ("randomness in a pure folder", tidy.pure_folders,
     {"services/lib/audit/a.cc": "std::random_device source;\n"}, ["services/lib/audit/a.cc:1"]),
    ("clock at an edge, or in a comment", tidy.pure_folders,
     {"services/lib/storage/a.cc": "std::chrono::steady_clock::now();\n",
      "services/lib/base/clock.cc": "std::chrono::system_clock::now();\n",
      "services/lib/domain/a.cc": "// never system_clock::now()\n"}, []),
    ("601 lines", tidy.file_length, {"services/lib/base/a.cc": "\n" * 601, "services/lib/base/b.cc": "\n" * 600},
     ["services/lib/base/a.cc"]),
    ("banned name", tidy.file_names,
     {"services/lib/base/string_utils.cc": "", "services/lib/base/utility.cc": ""}, ["services/lib/base/string_utils.cc"]),
    ("header without purpose", tidy.header_comment,
     {"services/lib/base/a.h": "#pragma once\n", "services/lib/base/b.h": PURPOSE}, ["services/lib/base/a.h:1"]),
    ("orphan source", tidy.orphan_sources,
     {"services/lib/base/CMakeLists.txt": "bourse_library(base SOURCES a.cc my_b.cc)\n", "services/lib/base/a.cc": "",
      "services/lib/base/my_b.cc": "", "services/lib/base/b.cc": "", "tests/CMakeLists.txt": "x(unit/base/c.cc)\n",
      "tests/unit/base/c.cc": ""}, ["services/lib/base/b.cc"]),
    ("migration gap", tidy.migrations, {"migrations/0001_a.sql": "", "migrations/0003_c.sql": ""},
     ["migrations/0003_c.sql"]),
    ("migration twice", tidy.migrations, {"migrations/0001_a.sql": "", "migrations/0001_b.sql": ""},
     ["migrations/0001_b.sql"]),
    ("migration name", tidy.migrations, {"migrations/0001_a.sql": "", "migrations/2_b.sql": ""},
     ["migrations/2_b.sql"]),
]


class Rules(unittest.TestCase):
    def test_each_case(self):
        for name, rule, files, expected in CASES:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                for path, content in files.items():
                    target = pathlib.Path(folder, path)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(content, encoding="utf-8")
                tree = tidy.Tree(folder)
                found = [f"{tree.where(path)}{f':{line}' if line else ''}" for path, line, _ in rule(tree)]
                self.assertEqual(found, expected)

    def test_every_rule_has_a_case(self):
        self.assertEqual({rule for _, rule, _, _ in CASES}, set(tidy.RULES))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()
