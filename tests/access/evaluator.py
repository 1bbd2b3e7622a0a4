#!/usr/bin/env python3
"""What ought to happen: reads policy.toml and the facts of a world, writes one line for each call to make.

    evaluator.py POLICY FACTS > CELLS

Shares nothing with the services: it knows the policy, who is related to whom from when to when, and arithmetic.
FACTS: lines of tab-separated words, the first of which says what the line is (see World). CELLS: tab-separated
    phase  service  method  caller  subject  outcome  shows  hides  state  revive  label  request
phase: "read" and "refused" change nothing and come in any order; "write" comes in this order. shows, hides: texts that
the answer holds or must not hold, divided by "|". outcome:
    passed  hidden  role  refused  unauthenticated  service  consent  nothing (hidden, or an answer that shows nothing)
Ends with an error where an RPC has no entry in the policy, or an entry has no RPC.
"""
import sys
import tomllib
import uuid
from collections import defaultdict

ROLES = ["platform_administrator", "organization_administrator", "coordinator", "clinician", "provider_staff",
         "analyst", "privacy_officer", "directory_administrator", "service_account"]
SERVICES = ["identity", "directory", "assessment", "referral", "caseload", "stranger"]
CARE = ("coordinator", "clinician")
GO_BETWEEN = "caseload"  # the service that calls of users are passed on by


class World:
    def __init__(self, lines):
        self.rpcs = []                       # (service, method, reads)
        self.relations = []                  # dicts
        self.cases = {}                      # label -> what a caller meets: dict
        self.names = defaultdict(dict)       # label -> placeholder -> text
        self.now = 0.0
        for line in lines:
            kind, *words = line.rstrip("\n").split("\t")
            if kind == "now":
                self.now = float(words[0])
            elif kind == "rpc":
                self.rpcs.append((words[0], words[1], words[2] == "read"))
            elif kind == "relation":         # organization kind resource subject from to|- revoked|-
                keys = ("organization", "kind", "resource", "subject", "start", "end", "revoked")
                self.relations.append(dict(zip(keys, words)))
            elif kind == "case":             # label, user, the user's organization, organization of what is there
                self.cases[words[0]] = {"user": words[1], "home": words[2], "organization": words[3]}
            elif kind == "referral":         # label recipient manager state placed consent-end|-
                label, recipient, manager, state, placed, consent = words
                self.cases[label].update(recipient=recipient, manager=manager, state=state, placed=placed == "placed",
                                         consent_end=0.0 if consent == "-" else float(consent))
            elif kind == "cleared":          # label: its caller may read what is labelled
                self.cases[words[0]]["cleared"] = True
            elif kind == "name":
                self.names[words[0]][words[1]] = words[2]

    def live(self, organization, kind, resource, subject):
        for r in self.relations:
            if (r["organization"], r["kind"], r["resource"], r["subject"]) != (organization, kind, resource, subject):
                continue
            begun = float(r["start"]) <= self.now
            over = r["end"] != "-" and float(r["end"]) <= self.now
            if begun and not over and r["revoked"] == "-":
                return True
        return False

    def sees(self, organization, user, person):
        if self.live(organization, "care_team", person, user):
            return True
        return any(r["kind"] == "member" and r["organization"] == organization and r["resource"] == person
                   and self.live(organization, "member", person, r["subject"])
                   and self.live(organization, "lead", r["subject"], user) for r in self.relations)


class Caller:
    def __init__(self, case, role):
        self.user, self.organization, self.role = case["user"], case["home"], role
        self.cleared = case.get("cleared", False)


class Judge:
    def __init__(self, world):
        self.world = world

    def atom(self, word, caller, label):
        case, names = self.world.cases[label], self.world.names[label]
        home = caller.organization == case["organization"]
        if word.startswith("role="):
            return caller.role == word[5:]
        if word == "organization":
            return home
        if word == "person":
            return home and self.world.sees(caller.organization, caller.user, names["person"])
        if word == "lead":
            return home and self.world.live(caller.organization, "lead", names["population"], caller.user)
        if word == "requester":
            return caller.role in CARE and self.atom("person", caller, label)
        if word == "recipient":
            sent = case["state"] != "DRAFT"
            return sent and caller.role == "provider_staff" and caller.organization == case["recipient"]
        if word == "told":
            return self.atom("recipient", caller, label) and self.told(label)
        if word == "placed":
            return case["placed"]
        if word == "holder":
            return home and caller.role in CARE
        if word == "manager":
            return caller.role == "provider_staff" and caller.organization == case["manager"]
        raise SystemExit(f"policy: unknown word '{word}'")

    def alternative(self, row, caller, label):
        """The first alternative that holds, "" where none is needed, None where none holds."""
        if "needs" not in row:
            return ""
        for words in row["needs"]:
            if all(self.atom(word, caller, label) for word in words.split()):
                return words
        return None

    def told(self, label):
        case = self.world.cases[label]
        live = case["state"] in ("REQUESTED", "ACCEPTED", "IN_PROGRESS", "ON_HOLD")
        return live and self.world.now < case["consent_end"]

    def shown(self, row, caller, label):
        """Which of the row's markers the caller is shown of `label`."""
        held = self.alternative(row, caller, label)
        if held is None:
            return []
        if "recipient" in held.split() and not self.told(label):
            return row.get("redacted", [])
        return row.get("shows", []) + (row.get("secret", []) if caller.cleared else [])

    def outcome(self, row, caller, label):
        if "roles" in row and caller.role not in row["roles"]:
            return "role"
        if row.get("list"):
            return "passed"
        if self.alternative(row, caller, label) is None:
            return "refused" if row.get("refuses") else "hidden"
        if row.get("labelled") and not caller.cleared:
            return "refused"
        case = self.world.cases[label]
        if row.get("consent") == case.get("state") and self.world.now >= case["consent_end"]:
            return "consent"
        return "passed"


class Sheet:
    def __init__(self, world, rows):
        self.world, self.rows, self.judge = world, rows, Judge(world)

    def texts(self, label, markers):
        return [self.world.names[label][marker] for marker in markers if marker in self.world.names[label]]

    def expect(self, row, caller, label):
        """(outcome, shows, hides)"""
        outcome = self.judge.outcome(row, caller, label)
        everywhere = row.get("list") and not row.get("here")
        shows, hides = [], []
        for other in (self.world.cases if everywhere else [label]):
            shown = self.judge.shown(row, caller, other) if outcome == "passed" else []
            shows += self.texts(other, shown)
            hides += self.texts(other, [m for m in row.get("shows", []) + row.get("secret", []) if m not in shown])
        hides = [text for text in hides if text not in shows]
        return outcome, sorted(set(shows)), sorted(set(hides))

    def request(self, row, label, user):
        text = row["request"].replace("\n", " ")
        names = {**self.world.names["*"], **self.world.names[label], "user": user}
        for placeholder in sorted(names, key=len, reverse=True):
            text = text.replace("$" + placeholder, names[placeholder])
        while "$new" in text:
            text = text.replace("$new", str(uuid.uuid4()), 1)
        if "$" in text:
            raise SystemExit(f"policy: a placeholder without a name in: {text}")
        return text

    def line(self, rpc, row, caller, label, outcome, shows=(), hides=()):
        service, method, reads = rpc
        phase = "read" if reads else ("write" if outcome in ("passed", "consent") else "refused")
        user = self.world.cases[label]["user"]
        title = row["rpc"] + (f" ({row['way']})" if "way" in row else "")
        never = "never" if row.get("never") else ""
        print("\t".join([phase, service, method, caller, label, outcome, "|".join(shows), "|".join(hides),
                         row.get("state", ""), "revive" if row.get("revive") else "", never, title,
                         self.request(row, label, user)]))

    def users(self, rpc, row):
        for label, case in self.world.cases.items():
            for role in ROLES:
                planted = label.startswith("planted")
                if planted and (row.get("here") or not rpc[2]):
                    continue  # a relation that cannot be: it must open nothing, and there is nothing to write
                outcome, shows, hides = self.expect(row, Caller(case, role), label)
                direct, shown = ("service", []) if row.get("passed") else (outcome, shows)
                if planted and direct == "hidden":
                    direct = "nothing"
                self.line(rpc, row, f"user:{label}:{role}", label, direct, shown, hides)
                # A service that acts for somebody has their rights and no others, and only where it has to do so.
                if label in ("own", "none") and "needs" in row and not row.get("once"):
                    if GO_BETWEEN not in row.get("through", []):
                        outcome, shows = "service", []
                    self.line(rpc, row, f"through:{label}:{role}", label, outcome, shows, hides)

    def others(self, rpc, row):
        label = "own"
        services = row.get("services")
        if isinstance(services, dict):  # another list for each service that serves it
            services = services.get(rpc[0], [])
        open_to_all = row.get("open") == "public"
        for caller in ("none", "garbage", "expired"):
            self.line(rpc, row, caller, label, "passed" if open_to_all else "unauthenticated")
        for name in SERVICES:
            outcome = "passed" if open_to_all else "unauthenticated"
            if services is not None:
                outcome = "passed" if name in services else "service"
            self.line(rpc, row, f"service:{name}", label, outcome)

    def write(self):
        by_rpc = defaultdict(list)
        for rpc in self.world.rpcs:
            by_rpc[rpc[1].replace("trellis.", "").replace(".v1.", ".")].append(rpc)
        known = {row["rpc"] for row in self.rows}
        missing = sorted(set(by_rpc) - known)
        if missing:
            raise SystemExit("these RPCs have no entry in tests/access/policy.toml: " + ", ".join(missing))
        if known - set(by_rpc):
            raise SystemExit("no service serves: " + ", ".join(sorted(known - set(by_rpc))))
        for row in self.rows:
            for rpc in by_rpc[row["rpc"]]:
                self.others(rpc, row)
                if "services" in row:
                    for role in ROLES:
                        self.line(rpc, row, f"user:own:{role}", "own", "service")
                elif row.get("open") != "public":
                    self.users(rpc, row)


def main():
    with open(sys.argv[1], "rb") as policy:
        rows = tomllib.load(policy)["row"]
    with open(sys.argv[2], encoding="utf-8") as facts:
        Sheet(World(facts), rows).write()


if __name__ == "__main__":
    main()
