"""Stanzas as the scripts write them: templates that become XML to send, and patterns that XML must match.

Both are ElementTree elements whose attributes and texts may hold ${names}. A pattern asks for a part of what
arrives: its element, its attributes, its text and its children must be there; more may be.
"""

import re
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

PREFIXES = {
    "ps": "http://jabber.org/protocol/pubsub",
    "owner": "http://jabber.org/protocol/pubsub#owner",
    "event": "http://jabber.org/protocol/pubsub#event",
    "err": "http://jabber.org/protocol/pubsub#errors",
    "st": "urn:ietf:params:xml:ns:xmpp-stanzas",
    "x": "jabber:x:data",
    "validate": "http://jabber.org/protocol/xdata-validate",
    "info": "http://jabber.org/protocol/disco#info",
    "items": "http://jabber.org/protocol/disco#items",
    "rsm": "http://jabber.org/protocol/rsm",
    "order": "urn:xmpp:order-by:0",
    "shim": "http://jabber.org/protocol/shim",
    "delay": "urn:xmpp:delay",
    "cmd": "http://jabber.org/protocol/commands",
    "mam": "urn:xmpp:mam:2",
    "fwd": "urn:xmpp:forward:0",
    "m": "urn:bourse:market:1",
    "ping": "urn:xmpp:ping",
    "version": "jabber:iq:version",
    "e": "urn:example:entry",
    "t": "urn:bourse:conformance",  # the script's own words
}
CLIENT = "jabber:client"
T = f"{{{PREFIXES['t']}}}"
X = f"{{{PREFIXES['x']}}}"
FIELD = re.compile(r"(?P<var>[^\s=?!]+)\s*(?:(?P<operator>[=?!])\s*(?P<value>.*))?", re.DOTALL)
TOKEN = re.compile(r"\$\{(?P<name>[^}:]+)(?::=(?P<glob>[^}]*))?\}|(?P<any>\*)|\\(?P<literal>\*)")
NAME = re.compile(r"\$\{([^}]+)\}")


class ScriptError(Exception):
    """What is wrong with a script, not with the service."""


def parse(text):
    """The elements of a block, in the scripts' prefixes; without one: stanzas."""
    declarations = " ".join(f"xmlns:{prefix}='{uri}'" for prefix, uri in PREFIXES.items())
    try:
        block = ET.fromstring(f"<in xmlns='{CLIENT}' {declarations}>{text}</in>")
    except ET.ParseError as failure:
        raise ScriptError(f"not XML: {failure}:\n{text}") from None
    return list(block)


def form_lines(text):
    """(var, operator, value) of each line, or part between '; '."""
    for line in re.split(r";\s+|\n", text or ""):
        if line.strip():
            found = FIELD.fullmatch(line.strip())
            if not found:
                raise ScriptError(f"not a field: {line!r}")
            yield found["var"], found["operator"], (found["value"] or "").strip()


def form_type(of):
    return of if ":" in of else f"{PREFIXES['ps']}#{of}"


# Templates -------------------------------------------------------------------------------------------------


def expand(template, variables):
    """The elements to send for one of a template: usually one, none or many for <t:repeat/>."""
    if template.tag == f"{T}repeat":
        made = []
        for number in range(int(substitute(template.get("times"), variables))):
            with variables.also(n=str(number), nnn=f"{number:03}"):
                made += [element for child in template for element in expand(child, variables)]
        return made
    if template.tag in (f"{T}submit", f"{T}form"):
        return [expand_form(template, variables)]
    element = ET.Element(template.tag, {name: substitute(value, variables) for name, value in template.items()})
    element.text = substitute(template.text, variables)
    for child in template:
        for made in expand(child, variables):
            made.tail = substitute(child.tail, variables)
            element.append(made)
    return [element]


def expand_form(template, variables):
    kind = "submit" if template.tag == f"{T}submit" else template.get("type", "submit")
    form = ET.Element(f"{X}x", {"type": kind})
    if template.get("of"):
        add_field(form, "FORM_TYPE", [form_type(substitute(template.get("of"), variables))], "hidden")
    fields = {}
    for var, _, value in form_lines(template.text):
        values = fields.setdefault(var, [])
        if value:
            values.append(substitute(value, variables))
    for var, values in fields.items():
        add_field(form, substitute(var, variables), values)
    for child in template:
        form.extend(expand(child, variables))
    return form


def add_field(form, var, values, type=None):
    field = ET.SubElement(form, f"{X}field", {"var": var, **({"type": type} if type else {})})
    for value in values:
        ET.SubElement(field, f"{X}value").text = value


def substitute(text, variables):
    return NAME.sub(lambda found: variables[found[1]], text) if text else text


def serialise(element, namespace=CLIENT):
    """With default namespaces only, as clients write."""
    own, _, name = element.tag[1:].partition("}") if element.tag.startswith("{") else (namespace, "", element.tag)
    text = f"<{name}" + (f" xmlns={quoteattr(own)}" if own != namespace else "")
    for key, value in element.items():
        if key.startswith("{http://www.w3.org/XML/1998/namespace}"):
            key = "xml:" + key.partition("}")[2]
        text += f" {key}={quoteattr(value)}"
    content = escape(element.text or "") + "".join(
        serialise(child, own) + escape(child.tail or "") for child in element)
    return f"{text}>{content}</{name}>" if content else f"{text}/>"


def trimmed(element):
    """Without the white space between elements that only makes a script readable."""
    if len(element):
        for part in (element, *element):
            attribute = "text" if part is element else "tail"
            if not (getattr(part, attribute) or "").strip():
                setattr(part, attribute, None)
        for child in element:
            trimmed(child)
    return element


# Patterns ----------------------------------------------------------------------------------------------------


def match_text(pattern, text, variables):
    """The captured values, or None."""
    names, regex, position = [], "", 0
    for token in TOKEN.finditer(pattern):
        regex += re.escape(pattern[position:token.start()])
        position = token.end()
        if token["any"]:
            regex += ".*"
        elif token["literal"]:
            regex += re.escape("*")
        elif token["glob"] is not None:
            names.append(token["name"])
            regex += "(" + ".*".join(map(re.escape, token["glob"].split("*"))) + ")"
        else:
            regex += re.escape(variables[token["name"]])
    found = re.fullmatch(regex + re.escape(pattern[position:]), text, re.DOTALL)
    return dict(zip(names, found.groups())) if found else None


class Mismatch(Exception):
    """Why something that arrived is not what was expected."""


def match(pattern, actual, variables):
    """Raises Mismatch, or gives what the pattern captures."""
    if pattern.tag in (f"{T}submit", f"{T}form"):
        return match_form(pattern, actual, variables)
    if pattern.tag != actual.tag:
        raise Mismatch(f"<{short(pattern.tag)}/> expected, <{short(actual.tag)}/> is there")
    captured = {}
    for name, value in pattern.items():
        if name.startswith(T):
            continue
        if value == "!":
            if name in actual.attrib:
                raise Mismatch(f"<{short(actual.tag)}/> must have no {name}, has {actual.get(name)!r}")
            continue
        found = match_text(value, actual.get(name), variables) if name in actual.attrib else None
        if found is None:
            raise Mismatch(f"{name}={value!r} of <{short(actual.tag)}/> expected, it is {actual.get(name)!r}")
        captured.update(found)
    text = (pattern.text or "").strip()
    if text:
        found = match_text(text, (actual.text or "").strip(), variables)
        if found is None:
            raise Mismatch(f"text {text!r} of <{short(actual.tag)}/> expected, it is {actual.text!r}")
        captured.update(found)
    captured.update(match_children(pattern, list(actual), variables))
    return captured


def match_children(pattern, children, variables):
    wanted = [child for child in pattern if child.tag != f"{T}no"]
    ordered = f"{T}exactly" in pattern.attrib or f"{T}ordered" in pattern.attrib
    if f"{T}exactly" in pattern.attrib and len(wanted) != len(children):
        raise Mismatch(f"exactly {len(wanted)} children of <{short(pattern.tag)}/> expected, there are {len(children)}")
    captured = assign(wanted, children, variables, ordered)
    for refused in (child for no in pattern.iter(f"{T}no") if no in list(pattern) for child in no):
        for child in children:
            try:
                match(refused, child, variables)
            except Mismatch:
                continue
            raise Mismatch(f"<{short(child.tag)}/> must not be there")
    return captured


def assign(wanted, children, variables, ordered):
    """Each wanted pattern gets a child of its own; backtracks."""
    if not wanted:
        return {}
    reasons = []
    for position, child in enumerate(children):
        try:
            captured = match(wanted[0], child, variables)
            rest = children[position + 1:] if ordered else children[:position] + children[position + 1:]
            return {**captured, **assign(wanted[1:], rest, variables, ordered)}
        except Mismatch as failure:
            if child.tag == wanted[0].tag or wanted[0].tag.startswith(T):
                reasons.append(str(failure))
    raise Mismatch(reasons[-1] if reasons else f"there is no <{short(wanted[0].tag)}/>")


def match_form(pattern, actual, variables):
    if actual.tag != f"{X}x":
        raise Mismatch(f"a form expected, <{short(actual.tag)}/> is there")
    if pattern.get("type") and actual.get("type") != pattern.get("type"):
        raise Mismatch(f"a form of type {pattern.get('type')} expected, it is {actual.get('type')}")
    fields = {field.get("var"): field for field in actual.findall(f"{X}field")}
    captured = {}
    wanted = list(form_lines(pattern.text))
    if pattern.get("of"):
        wanted.insert(0, ("FORM_TYPE", "=", form_type(pattern.get("of"))))
    for var, operator, value in wanted:
        var = substitute(var, variables)
        field = fields.get(var)
        if operator == "!":
            if field is not None:
                raise Mismatch(f"the form must have no field {var}")
            continue
        if field is None:
            raise Mismatch(f"the form has no field {var}; it has {', '.join(map(str, fields))}")
        if operator is None:
            continue
        path = f"{X}value" if operator == "=" else f"{X}option/{X}value"
        there = [each.text or "" for each in field.findall(path)]
        if not value and not there:
            continue
        found = next((found for found in (match_value(value, each, variables) for each in there)
                      if found is not None), None)
        if found is None:
            raise Mismatch(f"{var} {operator} {value} expected, there is {there}")
        captured.update(found)
    captured.update(assign(list(pattern), list(actual), variables, False))
    return captured


def match_value(pattern, text, variables):
    for booleans in (("true", "1"), ("false", "0")):
        if pattern in booleans:
            return {} if text in booleans else None
    return match_text(pattern, text, variables)


def short(tag):
    """With the scripts' prefix."""
    namespace, _, name = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
    for prefix, uri in PREFIXES.items():
        if uri == namespace:
            return f"{prefix}:{name}"
    return name if namespace == CLIENT else f"{{{namespace}}}{name}"
