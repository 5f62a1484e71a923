"""What the service announces against what its cases have shown: both ways.

A case that passes proves (or refutes) the features its script names. XEP-0060 §10 lists the pubsub features there are.
"""

PUBSUB = "http://jabber.org/protocol/pubsub"

FEATURES = """
    access-authorize access-open access-presence access-roster access-whitelist auto-create auto-subscribe collections
    config-node config-node-max create-and-configure create-nodes delete-items delete-nodes filtered-notifications
    get-pending instant-nodes item-ids last-published leased-subscription manage-subscriptions member-affiliation
    meta-data modify-affiliations multi-collection multi-items multi-subscribe outcast-affiliation persistent-items
    presence-notifications presence-subscribe publish publish-node-full publish-only-affiliation publish-options
    publisher-affiliation purge-nodes retract-items retrieve-affiliations retrieve-default retrieve-default-sub
    retrieve-items retrieve-subscriptions rsm subscribe subscription-notifications subscription-options
""".split()

# Announced by the server for an entity that says nothing else, or features without a behaviour of their own.
PLAIN = {PUBSUB}


def full(name):
    return name if ":" in name else f"{PUBSUB}#{name}"


def complaints(announced, proved, refuted):
    """What does not agree. `proved`, `refuted`: names as in the scripts."""
    proved, refuted = {full(name) for name in proved}, {full(name) for name in refuted}
    for name in sorted(announced - PLAIN):
        if name not in proved:
            yield f"{name} is announced, and no case that passed proves it"
        if name in refuted:
            yield f"{name} is announced, and a case shows that it is not there"
    for name in sorted(proved - announced):
        yield f"{name} works, and is not announced"
    for name in map(full, FEATURES):
        if name not in proved | refuted:
            yield f"{name} is neither proved nor refuted by a case"
