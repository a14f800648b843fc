BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'kiosk','001_ledger_and_what_follows_from_it','2026-11-22 06:58:27.505170+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'kiosk','002_days_instead_of_an_index_by_time','2026-11-22 06:58:27.512778+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'kiosk','003_rows_and_users_of_terminals','2026-11-22 07:22:20.302747+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'kiosk','004_what_happens_beside_a_tap','2026-11-22 07:33:57.838976+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'kiosk','005_since_when_people_are_here','2026-11-22 09:15:15.988446+00:00');
CREATE TABLE anchors (
    ledger INTEGER NOT NULL, day INTEGER NOT NULL, upto INTEGER NOT NULL, hash TEXT NOT NULL,
    time_ms INTEGER NOT NULL, nonce TEXT NOT NULL, sig TEXT NOT NULL, PRIMARY KEY (ledger, day)
) WITHOUT ROWID;
CREATE TABLE cursors (
    destination TEXT NOT NULL, ledger INTEGER NOT NULL, upto INTEGER NOT NULL,
    PRIMARY KEY (destination, ledger)
) WITHOUT ROWID;
CREATE TABLE days (start INTEGER PRIMARY KEY, day INTEGER NOT NULL);
INSERT INTO "days" VALUES(1099511627781,20732);
CREATE TABLE desk (
    key INTEGER PRIMARY KEY, type TEXT NOT NULL, person INTEGER, subject TEXT NOT NULL,
    holder INTEGER NOT NULL, wall_ms INTEGER NOT NULL, data TEXT NOT NULL
);
CREATE TABLE evidence (
    key INTEGER PRIMARY KEY, punch INTEGER NOT NULL, kind TEXT NOT NULL, ciphertext_sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, wall_ms INTEGER NOT NULL
);
CREATE TABLE ledger (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL);
INSERT INTO "ledger" VALUES(1,'{"at":{"boot_id":"boot-1","boot_ms":60000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791244800000},"data":{"device_id":"kiosk-1","reason":"new","receive_key":"eaadb5895701a12235d76ee6cfff9de1c405ba847a9e165312aacaac1301e116","sign_key":"54ef7cd612170ab78031196052e8bee0a74fa07963a08cb405f571578f17c1d9","software":"0.1","tenant":"dinas"},"ledger_id":"eb37a9f2f2420cf03f0b6b2a89841124","seq":1,"type":"genesis","v":1}',X'002506B6C6060E15307ED23D313F48ED07807CF111E137783E171C3A7E2142CB');
INSERT INTO "ledger" VALUES(2,'{"at":{"boot_id":"boot-1","boot_ms":60000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791244800000},"data":{"after":"first","software":"0.1"},"ledger_id":"eb37a9f2f2420cf03f0b6b2a89841124","seq":2,"type":"start","v":1}',X'EDA410FC6DF6D2FBDF6CD372288813B57BED85D81D4B5E858AF5BEF04346069C');
INSERT INTO "ledger" VALUES(3,'{"at":{"boot_id":"boot-1","boot_ms":60000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791244800000},"data":{"active":true,"category":"PNS","person_id":"p1","source":"test"},"ledger_id":"eb37a9f2f2420cf03f0b6b2a89841124","private_hash":"63e2c2df94a651b4e68a04d97fde6332af1bd052ba43c265238c01b22df1fae5","seq":3,"type":"person","v":1}',X'7D04833315AE868EF79ED146B16A50DBE4E3261FB5B1B1311EEA81BC54DADF18');
INSERT INTO "ledger" VALUES(4,'{"at":{"boot_id":"boot-1","boot_ms":60000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791244800000},"data":{"ciphertext_sha256":"abababababababababababababababababababababababababababababababab","device":"r307","format":"zfm-512","part":"right-index","person_id":"p1","purpose":"finger","slot":1,"template_id":"t1"},"ledger_id":"eb37a9f2f2420cf03f0b6b2a89841124","seq":4,"type":"enrolment","v":1}',X'CC423D22EFDC663482D387544FEB7FB4091AB0FF3C1C66FFF4A10A7AB12939EA');
INSERT INTO "ledger" VALUES(5,'{"at":{"boot_id":"boot-1","boot_ms":60000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791244800000},"data":{"device":"r307","grade":"A","method":"finger","person_id":"p1","place":{"lat_e7":-82000000,"lon_e7":1137000000,"site":"kantor"},"score":87,"shown":{"code":"on_time","direction":"in","session":"pagi"},"slot":1,"versions":{"calendar":"1","policy":"1","roster":"1"}},"ledger_id":"eb37a9f2f2420cf03f0b6b2a89841124","seq":5,"type":"punch","v":1}',X'73068CD01B57C6B95504F060DECA73484A44AA3ED8ABC6D29F4B2C7DAB484802');
INSERT INTO "ledger" VALUES(6,'{"at":{"boot_id":"boot-1","boot_ms":28860000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791273600000},"data":{"device":"r307","grade":"A","method":"finger","person_id":"p1","place":{"lat_e7":-82000000,"lon_e7":1137000000,"site":"kantor"},"score":87,"shown":{"code":"on_time","direction":"out","session":"pagi"},"slot":1,"versions":{"calendar":"1","policy":"1","roster":"1"}},"ledger_id":"eb37a9f2f2420cf03f0b6b2a89841124","seq":6,"type":"punch","v":1}',X'254E5D7A7A7CF7DB74C6EB78F602B5924CB6C799111AE49CAEBACF90B490984F');
INSERT INTO "ledger" VALUES(7,'{"at":{"boot_id":"boot-1","boot_ms":28860000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791273600000},"data":{"count":6,"day":"2026-10-06","first":1,"head":"254e5d7a7a7cf7db74c6eb78f602b5924cb6c799111ae49caebacf90b490984f","last":6,"sig":"209c3c927713c4ce8999222aeb73d0096894b285e9dd85a3981e2f287f87c434a2bfadf88908ecf35700bff260bc23020434ff7ec056bf858949b43eb6d8f206"},"ledger_id":"eb37a9f2f2420cf03f0b6b2a89841124","seq":7,"type":"seal","v":1}',X'2D45061D1813559F4C81105F28657B95E9BE9F8399D2C8B67951EDD0D599CA77');
INSERT INTO "ledger" VALUES(8,'{"at":{"boot_id":"boot-1","boot_ms":60000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791244800000},"data":{"reason":"fixture"},"ledger_id":"eb37a9f2f2420cf03f0b6b2a89841124","seq":8,"type":"stop","v":1}',X'8FC43F88AE3E7E5863A48644068076298E30A5F8D63919353FACD3882A02D37D');
CREATE TABLE ledgers (
    n INTEGER PRIMARY KEY, ledger_id TEXT NOT NULL UNIQUE, stored INTEGER NOT NULL,
    previous TEXT, last_seq INTEGER, last_hash TEXT, deliver_upto INTEGER
);
INSERT INTO "ledgers" VALUES(1,'eb37a9f2f2420cf03f0b6b2a89841124',1,NULL,NULL,NULL,NULL);
CREATE TABLE people (
    n INTEGER PRIMARY KEY, person_id TEXT NOT NULL UNIQUE, same_as INTEGER, number TEXT NOT NULL,
    name TEXT NOT NULL, unit TEXT NOT NULL, category TEXT NOT NULL, active INTEGER NOT NULL,
    source_key INTEGER
);
INSERT INTO "people" VALUES(1,'p1',NULL,'198001012005011001','Siti Aminah','','PNS',1,1099511627779);
CREATE TABLE private (
    ledger INTEGER NOT NULL, seq INTEGER NOT NULL, salt BLOB NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (ledger, seq)
) WITHOUT ROWID;
INSERT INTO "private" VALUES(1,3,X'EFCA0667161A61F0C06C3603CEB1008C','{"number":"198001012005011001","name":"Siti Aminah"}');
CREATE TABLE punches (
    key INTEGER PRIMARY KEY, person INTEGER NOT NULL, wall_ms INTEGER NOT NULL, true_ms INTEGER NOT NULL,
    source TEXT NOT NULL, uncertainty_ms INTEGER, boot_id TEXT NOT NULL, boot_ms INTEGER NOT NULL,
    direction TEXT NOT NULL, carrier INTEGER
);
INSERT INTO "punches" VALUES(1099511627781,1,1791244800000,1791244800000,'ntp',50,'boot-1',60000,'in',NULL);
INSERT INTO "punches" VALUES(1099511627782,1,1791273600000,1791273600000,'ntp',50,'boot-1',28860000,'out',NULL);
CREATE TABLE runs (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, type TEXT NOT NULL, boot_id TEXT NOT NULL);
INSERT INTO "runs" VALUES(1,1099511627784,'stop','boot-1');
CREATE TABLE seals (
    key INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, day TEXT NOT NULL
);
INSERT INTO "seals" VALUES(1099511627783,1,6,'2026-10-06');
CREATE TABLE slots (
    device TEXT NOT NULL, slot INTEGER NOT NULL, template_id TEXT NOT NULL, PRIMARY KEY (device, slot)
) WITHOUT ROWID;
INSERT INTO "slots" VALUES('r307',1,'t1');
CREATE TABLE sources (
    source_key BLOB PRIMARY KEY, key INTEGER NOT NULL, holder INTEGER NOT NULL, user_key BLOB
) WITHOUT ROWID;
CREATE TABLE templates (
    template_id TEXT PRIMARY KEY, person INTEGER NOT NULL, purpose TEXT NOT NULL, part TEXT NOT NULL,
    device TEXT NOT NULL, format TEXT NOT NULL, ciphertext_sha256 TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "templates" VALUES('t1',1,'finger','right-index','r307','zfm-512','abababababababababababababababababababababababababababababababab');
CREATE TABLE tenure (
    key INTEGER PRIMARY KEY, person INTEGER NOT NULL, wall_ms INTEGER NOT NULL, true_ms INTEGER NOT NULL,
    boot_id TEXT NOT NULL, active INTEGER NOT NULL
);
INSERT INTO "tenure" VALUES(1099511627779,1,1791244800000,1791244800000,'boot-1',1);
CREATE TABLE terminal_users (
    serial TEXT NOT NULL, user_key BLOB NOT NULL, person INTEGER NOT NULL, user_id TEXT NOT NULL,
    source_key INTEGER NOT NULL, PRIMARY KEY (serial, user_key)
) WITHOUT ROWID;
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE TRIGGER ledger_append BEFORE INSERT ON ledger WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM ledger) BEGIN SELECT RAISE(ABORT, 'the ledger is gap-free and append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER private_no_update BEFORE UPDATE ON private BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE INDEX people_by_number ON people (number);
CREATE INDEX tenure_by_person ON tenure (person);
CREATE INDEX templates_by_person ON templates (person);
CREATE INDEX slots_by_template ON slots (template_id);
CREATE INDEX punches_by_person ON punches (person, true_ms);
CREATE INDEX days_by_day ON days (day);
CREATE INDEX evidence_by_file ON evidence (ciphertext_sha256);
CREATE INDEX sources_waiting ON sources (key) WHERE user_key IS NOT NULL;
CREATE INDEX desk_by_person ON desk (type, person);
CREATE INDEX desk_by_subject ON desk (subject, type);
COMMIT;
