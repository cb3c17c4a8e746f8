/** Stands in the file as `user_version`; one of another version is refused with STORE_REFUSED. */
export const SCHEMA_VERSION = 2

/**
 * Windows lie by monitor and end, so a hop of all groups is written and deleted as one run of
 * pages: keyed by group first, ten thousand groups would dirty ten thousand pages a second. What
 * a group's windows share is told once, in `series`; `newest_end` is the end of its newest window,
 * `last_end` of its newest closed one, which leads `worst` straight to it.
 */
const WINDOWS = `
CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE names (nid INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE series (
  monitor INTEGER NOT NULL, sid INTEGER NOT NULL,
  stem TEXT NOT NULL, scope TEXT NOT NULL, grp TEXT NOT NULL,
  first_end INTEGER NOT NULL, newest_end INTEGER NOT NULL, last_end INTEGER,
  PRIMARY KEY (monitor, sid)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX series_by_stem ON series (monitor, stem);
CREATE INDEX series_by_group ON series (monitor, scope, grp);

CREATE TABLE windows (
  monitor INTEGER NOT NULL, end INTEGER NOT NULL, sid INTEGER NOT NULL,
  rev INTEGER NOT NULL, start INTEGER NOT NULL, definition INTEGER NOT NULL,
  closed INTEGER NOT NULL, complete INTEGER NOT NULL, corrected INTEGER NOT NULL,
  count INTEGER NOT NULL, vals TEXT NOT NULL,
  expected INTEGER NOT NULL, reported INTEGER NOT NULL, missing TEXT,
  event_at INTEGER, read_at INTEGER, pane_at INTEGER, closed_at INTEGER,
  PRIMARY KEY (monitor, end, sid)
) STRICT, WITHOUT ROWID;

CREATE TABLE steps (
  id TEXT NOT NULL PRIMARY KEY, fingerprint TEXT NOT NULL,
  at INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX steps_by_time ON steps (at, seq, id);
CREATE INDEX steps_by_alert ON steps (fingerprint, at, seq, id);

CREATE TABLE told (
  step TEXT NOT NULL, receiver TEXT NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL,
  attempt INTEGER NOT NULL, sent INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (step, receiver, key, seq)
) STRICT, WITHOUT ROWID;
`

/**
 * Roll-ups lie by group and end: there are few of them, and one group over a month is asked for.
 * `tier` is 1 for minutes and 2 for hours.
 */
const TIERS = `
ALTER TABLE windows ADD COLUMN errors TEXT;

CREATE TABLE rolled (
  gid INTEGER PRIMARY KEY, stem TEXT NOT NULL UNIQUE,
  monitor TEXT NOT NULL, scope TEXT NOT NULL, grp TEXT NOT NULL
) STRICT;
CREATE INDEX rolled_by_group ON rolled (monitor, scope, grp);

CREATE TABLE rollups (
  gid INTEGER NOT NULL, tier INTEGER NOT NULL, end INTEGER NOT NULL,
  rev INTEGER NOT NULL, start INTEGER NOT NULL, definition INTEGER NOT NULL,
  closed INTEGER NOT NULL, complete INTEGER NOT NULL, corrected INTEGER NOT NULL,
  count INTEGER NOT NULL, vals TEXT NOT NULL,
  expected INTEGER NOT NULL, reported INTEGER NOT NULL, missing TEXT,
  event_at INTEGER, read_at INTEGER, pane_at INTEGER, closed_at INTEGER, errors TEXT,
  states BLOB NOT NULL,
  PRIMARY KEY (gid, tier, end)
) STRICT, WITHOUT ROWID;
CREATE INDEX rollups_by_end ON rollups (tier, end);

CREATE TABLE coverage (
  site TEXT NOT NULL, at INTEGER NOT NULL, rev INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (site, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX coverage_by_time ON coverage (at);
`

/** What brings a file from each version to the next one: a file of version 0 is empty. */
const UPGRADES: readonly string[] = [WINDOWS, TIERS]

/** The statements that bring a file of this version to the present one. */
export const upgradeFrom = (version: number): string =>
  `${UPGRADES.slice(version).join('')} PRAGMA user_version = ${SCHEMA_VERSION};`
