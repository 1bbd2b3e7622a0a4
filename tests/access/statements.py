#!/usr/bin/env python3
"""Every statement on a tenant's table names the tenant: statements.py ROOT GENERAL_LOG

A tenant's table is one whose primary key begins with organization_id. Each mention of such a table needs
`organization_id =` (or a join on it) under the name that the statement gives it, or, being an INSERT, the column.
Statements that work for no tenant are listed below with their reason.
"""
import pathlib
import re
import sys

# Beginning of the statement, written as the log has it with literals as "?" -> why it may stand without a tenant.
EXCEPTIONS = {
    "DELETE FROM idempotency WHERE create_time <": "forgets old answers of everybody",
    "SELECT organization_id, id, login, display_name, roles, clearances, disabled, version, create_time, update_time, password_hash "
    "FROM user WHERE login =": "who signs in says their login; which tenant that is, this finds out",
    "SELECT organization_id, id, user_id, key_hash, display_name, create_time, expire_time, use_time, revoke_time "
    "FROM service_key WHERE key_hash =": "a program shows its key; which tenant's that is, this finds out",
    "DELETE FROM known_device WHERE use_time <": "forgets everybody's devices that were not used for long",
    "SELECT organization_id, person_id FROM worklist_entry WHERE next_change_time <=":
        "finds what is due; each line is then worked on within its tenant",
    "SELECT organization_id, person_id, master_key, wrapped_key, create_time FROM data_key WHERE master_key =":
        "wraps everybody's keys anew",
    "DELETE FROM passkey_challenge WHERE expire_time <": "forgets everybody's challenges that are long over",
    "DELETE FROM session WHERE expire_time <": "forgets everybody's sessions that are long over",
    "DELETE FROM session_revocation WHERE write_time <": "forgets everybody's revocations that are long past",
    "SELECT organization_id, user_id, session_id, issued_before, write_time FROM session_revocation WHERE write_time >=":
        "keeps everybody's ended sessions in memory",
    "SELECT master_key, COUNT(*) FROM data_key": "counts how many keys are still to be wrapped anew",
}

# What belongs to two tenants may be found by either.
TENANT = {"referral": "(?:recipient_)?organization_id", "placement": "(?:recipient_)?organization_id"}

LITERAL = re.compile(r"(?:_\w+)?x?'(?:[^'\\]|\\.|'')*'|\b0x[0-9A-Fa-f]+\b|\b\d+(?:\.\d+)?\b", re.S)
MENTION = re.compile(r"\b(FROM|JOIN|UPDATE|INTO)\s+`?(\w+)`?(?:\s+(?:AS\s+)?(?!WHERE|SET|ON|JOIN|LEFT|INNER|ORDER|LIMIT|"
                     r"VALUES|FOR|GROUP|UNION|USING|FORCE|USE|SELECT)(\w+))?", re.I)
START = re.compile(r"^(?:\d{6}\s+[\d:]+)?\s*\d+\s(Query|Execute|Prepare|Connect|Quit|Close stmt|Init DB|Reset stmt|"
                   r"Statistics|Ping|Change user|Reset connection)\b\t?(.*)$")


def tenant_tables(root):
    tables = set()
    for file in sorted(root.glob("services/*/migrations/*.sql")) + sorted(root.glob("common/runtime/migrations/*.sql")):
        for name, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", file.read_text(), re.S):
            if re.search(r"PRIMARY KEY \(organization_id", body):
                tables.add(name)
    return tables


def statements(log):
    kind, text = None, []
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            start = START.match(line.rstrip("\n"))
            if start is None:
                text.append(line.rstrip("\n"))
                continue
            if kind in ("Query", "Execute"):
                yield " ".join(" ".join(text).split())
            kind, text = start.group(1), [start.group(2)]
    if kind in ("Query", "Execute"):
        yield " ".join(" ".join(text).split())


def unbound(statement, tables):
    """The tenant's tables that the statement mentions without their tenant."""
    missing = []
    for verb, table, alias in MENTION.findall(statement):
        if table not in tables:
            continue
        if verb.upper() == "INTO":
            columns = statement[statement.upper().index("INTO"):]
            if "organization_id" in columns[:columns.upper().find("VALUES") if "VALUES" in columns.upper() else None]:
                continue
        tenant = TENANT.get(table, "organization_id")
        named = rf"(?<![\w.]){tenant}\s*="
        if alias:
            named += rf"|\b{alias}\.{tenant}\s*=|=\s*{alias}\.{tenant}\b"
        if not re.search(named, statement):
            missing.append(table)
    return missing


def main():
    root, log = pathlib.Path(sys.argv[1]), sys.argv[2]
    tables = tenant_tables(root)
    seen, wrong, excused = {}, {}, {}
    for statement in statements(log):
        if not re.match(r"(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH|\()", statement, re.I):
            continue
        shape = LITERAL.sub("?", statement)
        if shape in seen:
            seen[shape] += 1
            continue
        seen[shape] = 1
        missing = unbound(shape, tables)
        if not missing:
            continue
        reason = next((e for e in EXCEPTIONS if shape.startswith(e)), None)
        (wrong if reason is None else excused)[shape if reason is None else reason] = missing
    for shape, missing in sorted(wrong.items()):
        print(f"without the tenant of {', '.join(missing)}: {shape}")
    for stale in sorted(set(EXCEPTIONS) - set(excused)):
        print(f"not needed by these programs: {stale}")
    print(f"{sum(seen.values())} statements of {len(seen)} forms on {len(tables)} tenants' tables, "
          f"{len(excused)} forms excused, {len(wrong)} without a tenant")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
