BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'kiosk','001_ledger_and_what_follows_from_it','2026-11-22 06:42:24.301414+00:00');
CREATE TABLE anchors (
    ledger INTEGER NOT NULL, day INTEGER NOT NULL, upto INTEGER NOT NULL, hash TEXT NOT NULL,
    time_ms INTEGER NOT NULL, nonce TEXT NOT NULL, sig TEXT NOT NULL, PRIMARY KEY (ledger, day)
) WITHOUT ROWID;
CREATE TABLE cursors (
    destination TEXT NOT NULL, ledger INTEGER NOT NULL, upto INTEGER NOT NULL,
    PRIMARY KEY (destination, ledger)
) WITHOUT ROWID;
CREATE TABLE evidence (
    key INTEGER PRIMARY KEY, punch INTEGER NOT NULL, kind TEXT NOT NULL, ciphertext_sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, wall_ms INTEGER NOT NULL
);
CREATE TABLE ledger (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL);
INSERT INTO "ledger" VALUES(1,'{"at":{"boot_id":"boot-1","boot_ms":60000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791244800000},"data":{"device_id":"kiosk-1","reason":"new","receive_key":"eaadb5895701a12235d76ee6cfff9de1c405ba847a9e165312aacaac1301e116","sign_key":"54ef7cd612170ab78031196052e8bee0a74fa07963a08cb405f571578f17c1d9","software":"0.1","tenant":"dinas"},"ledger_id":"bec3e1b05df772bb57c4ebceffd87615","seq":1,"type":"genesis","v":1}',X'FF70B387C689F0C17669BC4A7F4E31847EA78748BCE0764F5980D6B74E5CEC67');
INSERT INTO "ledger" VALUES(2,'{"at":{"boot_id":"boot-1","boot_ms":60000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791244800000},"data":{"after":"first","software":"0.1"},"ledger_id":"bec3e1b05df772bb57c4ebceffd87615","seq":2,"type":"start","v":1}',X'CDAED5E2E0E1B4A5A2FC62536872F98BBDC504B612E95301E8E94A44A5D9DB23');
INSERT INTO "ledger" VALUES(3,'{"at":{"boot_id":"boot-1","boot_ms":60000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791244800000},"data":{"active":true,"category":"PNS","person_id":"p1","source":"test"},"ledger_id":"bec3e1b05df772bb57c4ebceffd87615","private_hash":"1bfac01155e90abb4c925f7ad4396276607034ae78e13b40b17ac908f9eab709","seq":3,"type":"person","v":1}',X'D2B619D47AE884F2762235432EC4460F00F31BBAE65DAAF596903B6DCD8CC531');
INSERT INTO "ledger" VALUES(4,'{"at":{"boot_id":"boot-1","boot_ms":60000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791244800000},"data":{"ciphertext_sha256":"abababababababababababababababababababababababababababababababab","device":"r307","format":"zfm-512","part":"right-index","person_id":"p1","purpose":"finger","slot":1,"template_id":"t1"},"ledger_id":"bec3e1b05df772bb57c4ebceffd87615","seq":4,"type":"enrolment","v":1}',X'7C2E1CE43728B1B4C9577D475D68FD522C03DFD713C6E1DBD8BDB21AE8671174');
INSERT INTO "ledger" VALUES(5,'{"at":{"boot_id":"boot-1","boot_ms":60000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791244800000},"data":{"device":"r307","grade":"A","method":"finger","person_id":"p1","place":{"lat_e7":-82000000,"lon_e7":1137000000,"site":"kantor"},"score":87,"shown":{"code":"on_time","direction":"in","session":"pagi"},"slot":1,"versions":{"calendar":"1","policy":"1","roster":"1"}},"ledger_id":"bec3e1b05df772bb57c4ebceffd87615","seq":5,"type":"punch","v":1}',X'051524C8CD5CDEE4C3A6CADC35CF445E6366969A7DFDB113339F5932032159B4');
INSERT INTO "ledger" VALUES(6,'{"at":{"boot_id":"boot-1","boot_ms":28860000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791273600000},"data":{"device":"r307","grade":"A","method":"finger","person_id":"p1","place":{"lat_e7":-82000000,"lon_e7":1137000000,"site":"kantor"},"score":87,"shown":{"code":"on_time","direction":"out","session":"pagi"},"slot":1,"versions":{"calendar":"1","policy":"1","roster":"1"}},"ledger_id":"bec3e1b05df772bb57c4ebceffd87615","seq":6,"type":"punch","v":1}',X'1C1B797A7D93168EBB43F4922FA81ED83517D896CDC3067CC1CF9E171ECCE2A5');
INSERT INTO "ledger" VALUES(7,'{"at":{"boot_id":"boot-1","boot_ms":28860000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791273600000},"data":{"count":6,"day":"2026-10-06","first":1,"head":"1c1b797a7d93168ebb43f4922fa81ed83517d896cdc3067cc1cf9e171ecce2a5","last":6,"sig":"b92a0eefb67027fc70608e3603a1a50a79b0178926c2476a55f514ab2390c75d0e9784c33f1f94277c84626f15374c513d82c93bfa32b57a643b9b463bd01f05"},"ledger_id":"bec3e1b05df772bb57c4ebceffd87615","seq":7,"type":"seal","v":1}',X'D7CA916185BDE1E260E7BD0208FF8727B6D6A5126D486AD7A84543C85F611F67');
INSERT INTO "ledger" VALUES(8,'{"at":{"boot_id":"boot-1","boot_ms":60000,"source":"ntp","uncertainty_ms":50,"wall_ms":1791244800000},"data":{"reason":"fixture"},"ledger_id":"bec3e1b05df772bb57c4ebceffd87615","seq":8,"type":"stop","v":1}',X'B085EFB63747842974A0810EE27BD37A568151599CAB17640E4D07F5B009CA77');
CREATE TABLE ledgers (
    n INTEGER PRIMARY KEY, ledger_id TEXT NOT NULL UNIQUE, stored INTEGER NOT NULL,
    previous TEXT, last_seq INTEGER, last_hash TEXT, deliver_upto INTEGER
);
INSERT INTO "ledgers" VALUES(1,'bec3e1b05df772bb57c4ebceffd87615',1,NULL,NULL,NULL,NULL);
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
INSERT INTO "private" VALUES(1,3,X'3A719FF36F11F32BB1A327A277C1FAAD','{"number":"198001012005011001","name":"Siti Aminah"}');
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
CREATE TABLE templates (
    template_id TEXT PRIMARY KEY, person INTEGER NOT NULL, purpose TEXT NOT NULL, part TEXT NOT NULL,
    device TEXT NOT NULL, format TEXT NOT NULL, ciphertext_sha256 TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "templates" VALUES('t1',1,'finger','right-index','r307','zfm-512','abababababababababababababababababababababababababababababababab');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX people_by_number ON people (number);
CREATE INDEX templates_by_person ON templates (person);
CREATE INDEX slots_by_template ON slots (template_id);
CREATE INDEX punches_by_person ON punches (person);
CREATE INDEX punches_by_time ON punches (true_ms);
CREATE INDEX evidence_by_file ON evidence (ciphertext_sha256);
CREATE TRIGGER ledger_append BEFORE INSERT ON ledger WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM ledger) BEGIN SELECT RAISE(ABORT, 'the ledger is gap-free and append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER private_no_update BEFORE UPDATE ON private BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
COMMIT;
