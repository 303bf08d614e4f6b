-- Messages that the broker does not take are set aside; a phone's token goes with its browser.

alter table outbox add column refused_ms bigint;            -- when it was set aside
alter table outbox add column refused_reason text;          -- what the broker said

-- Of a phone page's MQTT token: token_sha256 of the browser's session that asked for it.
alter table session add column opened_by text;
