"""What a BI tool or Grafana reads: in, out, late, leave by person, unit and day (columns: docs/centre.md).

Days and times are local, by the offset in `settings`; Indonesia has no summer time and a regency one zone.
"""

from __future__ import annotations

VIEWS = (
    # What came ahead of a backlog counts until its place in the ledger is filled.
    """CREATE VIEW every_punch AS
        SELECT * FROM punches UNION ALL
        SELECT e.* FROM early_punches e JOIN ledgers l ON l.ledger_id = e.ledger_id
        WHERE e.seq > l.head_seq""",
    # One row a person; aliases are resolved, so that two ids of one person count once.
    """CREATE VIEW v_people AS
        SELECT p.tenant, p.person_id, p.number, p.name, p.unit, p.category, p.active FROM people p
        WHERE NOT EXISTS (SELECT 1 FROM aliases a WHERE a.tenant = p.tenant AND a.person_id = p.person_id)""",
    """CREATE VIEW v_punches AS
        SELECT c.tenant, c.device, c.site, coalesce(a.same_as, c.person_id) AS person_id,
            coalesce(p.number, '') AS number, coalesce(p.name, '') AS name, coalesce(p.unit, '') AS unit,
            coalesce(p.category, '') AS category, {local_day} AS day, {local_time} AS local_time,
            c.true_ms, c.time_source, c.method, c.grade, c.code, c.direction, c.session, c.late_s, c.early_s,
            c.standing, c.provisional, c.simulated, c.received_ms, c.ledger_id, c.seq
        FROM every_punch c CROSS JOIN settings s
        LEFT JOIN aliases a ON a.tenant = c.tenant AND a.person_id = c.person_id
        LEFT JOIN people p ON p.tenant = c.tenant AND p.person_id = coalesce(a.same_as, c.person_id)""",
    """CREATE VIEW v_days AS
        SELECT tenant, day, unit, person_id, number, name, category,
            min(CASE WHEN direction <> 'out' THEN local_time END) AS first_in,
            max(CASE WHEN direction = 'out' THEN local_time END) AS last_out,
            count(*) AS punches, sum(late_s) AS late_s, sum(early_s) AS early_s,
            max(CASE WHEN late_s > 0 THEN 1 ELSE 0 END) AS late
        FROM v_punches WHERE standing = 'counted' AND time_source <> 'none'
        GROUP BY tenant, day, unit, person_id, number, name, category""",
    """CREATE VIEW v_leave AS
        SELECT l.tenant, coalesce(a.same_as, l.person_id) AS person_id, p.number, p.name, p.unit, l.kind,
            l.half, {leave_day} AS day
        FROM absences l {every_leave_day}
        LEFT JOIN aliases a ON a.tenant = l.tenant AND a.person_id = l.person_id
        LEFT JOIN people p ON p.tenant = l.tenant AND p.person_id = coalesce(a.same_as, l.person_id)
        WHERE l.dropped = 0""",
    # Only days on which the unit punched or somebody was away: the centre has no calendar of its own.
    """CREATE VIEW v_units AS
        SELECT d.tenant, d.unit, d.day, coalesce(u.staff, 0) AS staff, d.present, d.late, d.late_s,
            coalesce(v.away, 0) AS away
        FROM (SELECT tenant, unit, day, count(*) AS present, sum(late) AS late, sum(late_s) AS late_s
              FROM v_days GROUP BY tenant, unit, day) d
        LEFT JOIN (SELECT tenant, unit, count(*) AS staff FROM v_people WHERE active = 1
                   GROUP BY tenant, unit) u ON u.tenant = d.tenant AND u.unit = d.unit
        LEFT JOIN (SELECT tenant, unit, day, count(DISTINCT person_id) AS away FROM v_leave
                   GROUP BY tenant, unit, day) v
            ON v.tenant = d.tenant AND v.unit = d.unit AND v.day = d.day""",
    """CREATE VIEW v_kiosks AS
        SELECT k.tenant, k.device, k.status, k.site, k.software, k.simulated, k.changed_ms AS since_ms,
            d.state AS approval, l.heard_ms, coalesce(l.records, 0) AS records,
            coalesce(l.quarantined, 0) AS quarantined, k.said_seq - coalesce(said.head_seq, 0) AS behind
        FROM presence k
        LEFT JOIN device_keys d ON d.tenant = k.tenant AND d.device = k.device AND d.sign_key = k.sign_key
        LEFT JOIN ledgers said ON said.ledger_id = k.said_ledger
        LEFT JOIN (SELECT tenant, device, max(moved_ms) AS heard_ms, sum(head_seq) AS records,
                       sum(CASE WHEN standing = 'quarantined' THEN 1 ELSE 0 END) AS quarantined
                   FROM ledgers GROUP BY tenant, device) l ON l.tenant = k.tenant AND l.device = k.device""",
)
WORDS = {
    "sqlite": {
        "local_day": "date(c.true_ms / 1000 + s.zone_minutes * 60, 'unixepoch')",
        "local_time": "datetime(c.true_ms / 1000 + s.zone_minutes * 60, 'unixepoch')",
        "leave_day": "date(l.first_day, '+' || n.n || ' days')",
        "every_leave_day": "JOIN"
        " (WITH RECURSIVE n(n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM n WHERE n < 400)"
        " SELECT n FROM n) n ON date(l.first_day, '+' || n.n || ' days') <= l.last_day",
    },
    "postgresql": {
        "local_day": "(to_timestamp(c.true_ms / 1000 + s.zone_minutes * 60) AT TIME ZONE 'UTC')::date",
        "local_time": "to_timestamp(c.true_ms / 1000 + s.zone_minutes * 60) AT TIME ZONE 'UTC'",
        "leave_day": "l.first_day::date + n.n",
        "every_leave_day": "CROSS JOIN LATERAL generate_series(0,"
        " least(400, l.last_day::date - l.first_day::date)) AS n(n)",
    },
}
