"""The scripts' language: what patterns match, what templates become, what a script that is wrong is told."""

import re
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from features import complaints, full  # noqa: E402
from script import read  # noqa: E402
from stage import Variables  # noqa: E402
from stanza import Mismatch, ScriptError, expand, match, parse, serialise, trimmed  # noqa: E402

ENVIRONMENT = SimpleNamespace(service="s.example", accounts=[(f"user{n}@example", "") for n in range(1, 13)])


class Patterns(unittest.TestCase):
    def check(self, pattern, actual):
        variables = Variables(ENVIRONMENT)
        return match(trimmed(parse(pattern)[0]), parse(actual)[0], variables)

    MATCHING = [
        ("a name and namespace", "<e:a/>", "<e:a x='1'><e:b/></e:a>"),
        ("some attributes", "<e:a x='1'/>", "<e:a x='1' y='2'/>"),
        ("a wildcard", "<e:a x='1*3'/>", "<e:a x='12 3'/>"),
        ("a star itself", r"<e:a x='\*'/>", "<e:a x='*'/>"),
        ("an attribute that is not there", "<e:a x='!'/>", "<e:a y='1'/>"),
        ("text without space around it", "<e:a> b </e:a>", "<e:a>b\n</e:a>"),
        ("some children in any order", "<e:a><e:c/><e:b/></e:a>", "<e:a><e:b/><e:d/><e:c/></e:a>"),
        ("children that need trying", "<e:a><e:b/><e:b x='1'/></e:a>", "<e:a><e:b x='1'/><e:b/></e:a>"),
        ("exactly these", "<e:a t:exactly=''><e:b/></e:a>", "<e:a><e:b/></e:a>"),
        ("none of those", "<e:a><t:no><e:b x='1'/></t:no></e:a>", "<e:a><e:b x='2'/></e:a>"),
        ("a variable", "<e:a x='${service}/*'/>", "<e:a x='s.example/r'/>"),
        ("a form", "<t:form of='node_config' type='form'>pubsub#a = true; pubsub#b ! ; pubsub#c ? 2</t:form>",
         "<x:x type='form'><x:field var='FORM_TYPE'><x:value>http://jabber.org/protocol/pubsub#node_config</x:value>"
         "</x:field><x:field var='pubsub#a'><x:value>1</x:value></x:field><x:field var='pubsub#c'><x:option><x:value>2"
         "</x:value></x:option></x:field></x:x>"),
    ]
    NOT_MATCHING = [
        ("another namespace", "<e:a/>", "<m:a/>"),
        ("another value", "<e:a x='1'/>", "<e:a x='2'/>"),
        ("no such attribute", "<e:a x='*'/>", "<e:a/>"),
        ("an attribute too many", "<e:a x='!'/>", "<e:a x='1'/>"),
        ("no such child", "<e:a><e:b/></e:a>", "<e:a><e:c/></e:a>"),
        ("one child for two patterns", "<e:a><e:b/><e:b/></e:a>", "<e:a><e:b/></e:a>"),
        ("more than exactly these", "<e:a t:exactly=''><e:b/></e:a>", "<e:a><e:b/><e:b/></e:a>"),
        ("exactly these in another order", "<e:a t:exactly=''><e:b/><e:c/></e:a>", "<e:a><e:c/><e:b/></e:a>"),
        ("in order", "<e:a t:ordered=''><e:b/><e:c/></e:a>", "<e:a><e:c/><e:d/><e:b/></e:a>"),
        ("what must not be", "<e:a><t:no><e:b/></t:no></e:a>", "<e:a><e:b/></e:a>"),
        ("another text", "<e:a>b</e:a>", "<e:a>c</e:a>"),
        ("another form", "<t:form of='node_config'/>", "<x:x/>"),
        ("a field with another value", "<t:form>a = 2</t:form>",
         "<x:x><x:field var='a'><x:value>1</x:value></x:field></x:x>"),
        ("a field that must not be", "<t:form>a !</t:form>", "<x:x><x:field var='a'/></x:x>"),
    ]

    def test_matching(self):
        for name, pattern, actual in self.MATCHING:
            with self.subTest(name):
                self.check(pattern, actual)

    def test_not_matching(self):
        for name, pattern, actual in self.NOT_MATCHING:
            with self.subTest(name), self.assertRaises(Mismatch):
                self.check(pattern, actual)

    def test_captures(self):
        found = self.check("<e:a x='${first:=*}'><e:b>n${second:=*}</e:b></e:a>", "<e:a x='1'><e:b>n2</e:b></e:a>")
        self.assertEqual(found, {"first": "1", "second": "2"})


class Templates(unittest.TestCase):
    def expand(self, text):
        return "".join(serialise(made) for made in expand(trimmed(parse(text)[0]), Variables(ENVIRONMENT)))

    def test_default_namespaces_only(self):
        self.assertEqual(self.expand("<iq type='get'><ps:pubsub><ps:items node='a&amp;b'/></ps:pubsub></iq>"),
                         '<iq type="get"><pubsub xmlns="http://jabber.org/protocol/pubsub"><items node="a&amp;b"/>'
                         "</pubsub></iq>")

    def test_repeat(self):
        self.assertEqual(self.expand("<t:repeat times='2'><a n='${n}'/></t:repeat>"), '<a n="0"/><a n="1"/>')

    def test_form(self):
        self.assertEqual(self.expand("<t:submit of='urn:a'>b = 1; b = 2</t:submit>"),
                         '<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE" type="hidden"><value>urn:a'
                         '</value></field><field var="b"><value>1</value><value>2</value></field></x>')

    def test_names(self):
        variables = Variables(ENVIRONMENT)
        self.assertEqual(variables["bob.bare"], "user2@example")
        self.assertEqual(variables["bob/phone"], "user2@example/phone")
        self.assertEqual(variables["node"], variables["node"])
        self.assertNotEqual(variables["node"], variables["node.2"])
        self.assertNotEqual(variables["id"], variables["id"])
        self.assertEqual(variables["repeat 3 ab"], "ababab")
        self.assertRegex(variables["now+2s"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        with self.assertRaises(ScriptError):
            variables["nothing"]


class Scripts(unittest.TestCase):
    WRONG = [
        ("a step nobody knows", "== a\nbob dances\n"),
        ("a block that is missing", "== a\nbob sends\n"),
        ("a block too many", "== a\nbob receives nothing\n  <a/>\n"),
        ("no XML", "== a\nbob sends\n  <a>\n"),
        ("a step before any case", "bob receives nothing\n"),
    ]

    def test_wrong_scripts_are_told_where(self):
        for name, text in self.WRONG:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "script.txt")
                path.write_text(text, encoding="utf-8")
                with self.assertRaisesRegex(ScriptError, r"^script\.txt:\d+: "):
                    read(path)

    def test_every_script_can_be_read_and_names_its_cases_once(self):
        for path in sorted((HERE / "scripts").glob("*.txt")):
            titles = [case.title for case in read(path).cases]
            self.assertEqual(len(titles), len(set(titles)), path.name)


    def test_the_table_of_sections_is_what_the_cases_say(self):
        covered = {}
        for path in sorted((HERE / "scripts").glob("*.txt")):
            for case in read(path).cases:
                for section in case.covers:
                    covered.setdefault(section, []).append(path.stem)
        told = {}
        for line in (HERE / "README.md").read_text(encoding="utf-8").splitlines():
            found = re.fullmatch(r"\| ([5-8][0-9.]*) \| [^|]+ \| ([^|]+) \|.*", line)
            if found and found[2] != "—":
                told[found[1]] = found[2]
        self.assertEqual(told, {section: f"{', '.join(dict.fromkeys(names))} ({len(names)})"
                                for section, names in covered.items()})


class Features(unittest.TestCase):
    def test_both_ways(self):
        self.assertIn("urn:a is announced, and no case that passed proves it", list(complaints({"urn:a"}, set(), set())))
        self.assertIn("urn:a works, and is not announced", list(complaints(set(), {"urn:a"}, set())))
        self.assertIn(f"{full('rsm')} is announced, and a case shows that it is not there",
                      list(complaints({full("rsm")}, {"rsm"}, {"rsm"})))
        self.assertIn(f"{full('rsm')} is neither proved nor refuted by a case", list(complaints(set(), set(), set())))


if __name__ == "__main__":
    unittest.main()
