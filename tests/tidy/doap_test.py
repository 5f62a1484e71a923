"""doap.xml, what the service announces, and services/lib/pubsub/README.md say the same. Usage: doap_test.py ROOT

Every XEP of doap.xml has a row or a heading in the README ("| XEP-0059 …"), and every row whose first cell is a XEP is in
doap.xml, unless its second cell begins with "no". Every namespace that disco announces belongs to a XEP of doap.xml,
and every XEP there is announced, or is one of those that have nothing to announce.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XMPP = "{https://linkmauve.fr/ns/xmpp-doap#}"

OURS = {"urn:bourse:market:1"}
# The namespace that a service announces for each.
NAMESPACES = {
    "jabber:x:data": "0004",
    "http://jabber.org/protocol/disco#info": "0030",
    "http://jabber.org/protocol/disco#items": "0030",
    "http://jabber.org/protocol/commands": "0050",
    "http://jabber.org/protocol/rsm": "0059",
    "http://jabber.org/protocol/pubsub": "0060",
    "jabber:iq:version": "0092",
    "http://jabber.org/protocol/xdata-validate": "0122",
    "http://jabber.org/protocol/shim": "0131",
    "urn:xmpp:ping": "0199",
    "urn:xmpp:delay": "0203",
    "urn:xmpp:mam:2": "0313",
    "urn:xmpp:mam:2#extended": "0313",
    "urn:xmpp:order-by:0": "0413",
    "urn:xmpp:order-by:1": "0413",
}
# Those that say nothing in disco, or say it in a form, in features of XEP-0060, or only to those who forward.
UNANNOUNCED = {"0068", "0082", "0114", "0128", "0157", "0232", "0248", "0297", "0442", "0453"}
STATES = {"complete", "partial", "planned", "deprecated", "removed", "wontfix"}


def implemented(doap):
    """XEP number → status, of the text of doap.xml."""
    xeps = {}
    for each in ElementTree.fromstring(doap).iter(XMPP + "SupportedXep"):
        number = re.search(r"xep-(\d{4})\.html$", each.find(XMPP + "xep").get(RDF + "resource")).group(1)
        if number in xeps:
            raise ValueError(f"doap.xml: XEP-{number} is there twice")
        xeps[number] = each.find(XMPP + "status").text
    return xeps


def announced(disco):
    """The namespaces of the text of disco.cc."""
    return set(re.findall(r'"([^"]+)"', re.search(r"kServiceFeatures\[\] = \{(.*?)\};", disco, re.S).group(1)))


def rows(readme):
    """XEP number → whether it is implemented, of the tables' first cells; and all that rows and headings mention."""
    told, mentioned = {}, set()
    for line in readme.splitlines():
        if line.startswith(("|", "#")):
            mentioned.update(re.findall(r"XEP-(\d{4})", line))
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        first = re.match(r"\W*XEP-(\d{4})", cells[0]) if line.startswith("|") else None
        if first:
            said_no = len(cells) > 1 and cells[1].lower().startswith("no")
            told[first.group(1)] = told.get(first.group(1), False) or not said_no
    return told, mentioned


def complaints(doap, disco, readme):
    xeps = implemented(doap)
    for number, status in xeps.items():
        if status not in STATES:
            yield f"doap.xml: XEP-{number} has the status '{status}', which XEP-0453 does not know"
    features = announced(disco)
    for feature in sorted(features - OURS):
        if feature not in NAMESPACES:
            yield f"disco.cc announces {feature}: say in NAMESPACES of which XEP it is"
        elif NAMESPACES[feature] not in xeps:
            yield f"disco.cc announces {feature}, but doap.xml has no XEP-{NAMESPACES[feature]}"
    for number in sorted(xeps):
        wanted = {feature for feature, xep in NAMESPACES.items() if xep == number}
        for feature in sorted(wanted - features):
            yield f"doap.xml has XEP-{number}, but disco.cc does not announce {feature}"
        if not wanted and number not in UNANNOUNCED:
            yield f"doap.xml has XEP-{number}: say in NAMESPACES or UNANNOUNCED how that is announced"
    told, mentioned = rows(readme)
    for number in sorted(set(xeps) - mentioned):
        yield f"doap.xml has XEP-{number}, but services/lib/pubsub/README.md has no row for it"
    for number in sorted(number for number, yes in told.items() if yes and number not in xeps):
        yield f"services/lib/pubsub/README.md has XEP-{number}, but doap.xml does not"
    for number in sorted(number for number, yes in told.items() if not yes and number in xeps):
        yield f"doap.xml has XEP-{number}, but services/lib/pubsub/README.md says it is not implemented"


def check_itself():
    """The rules find what is wrong."""
    def doap(*numbers):
        return ("<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:x='https://linkmauve.fr/ns/xmpp-doap#'>"
                + "".join(f"<x:SupportedXep><x:xep r:resource='https://xmpp.org/extensions/xep-{n}.html'/>"
                          "<x:status>complete</x:status></x:SupportedXep>" for n in numbers) + "</r:RDF>")

    def disco(*features):
        return "kServiceFeatures[] = {" + "".join(f'"{f}",' for f in features) + "};"

    ping = "urn:xmpp:ping"
    for wrong, arguments in (
            (False, (doap("0199"), disco(ping, "urn:bourse:market:1"), "| XEP-0199 | yes |\n| XEP-0163 | no |")),
            (False, (doap("0199"), disco(ping), "## XEP-0199")),
            (True, (doap(), disco(ping), "")),
            (True, (doap("0199"), disco(), "| XEP-0199 | yes |")),
            (True, (doap("0199"), disco(ping), "")),
            (True, (doap("0199"), disco(ping), "| XEP-0199 | no: not yet |")),
            (True, (doap("0199"), disco(ping), "| XEP-0199 | yes |\n| [XEP-0163](x) | yes |")),
            (True, (doap("0199"), disco(ping, "urn:unheard-of"), "| XEP-0199 | yes |")),
            (True, (doap("0199", "9999"), disco(ping), "| XEP-0199 | yes |\n| XEP-9999 | yes |"))):
        found = list(complaints(*arguments))
        if bool(found) != wrong:
            yield f"doap_test.py itself: {arguments} gave {found}"


def main(root):
    root = pathlib.Path(root)
    readme = root / "services/lib/pubsub/README.md"
    found = [*check_itself(),
             *complaints((root / "doap.xml").read_text(), (root / "services/lib/xmpp/disco.cc").read_text(),
                         readme.read_text() if readme.is_file() else "")]
    for each in found:
        print(each)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
