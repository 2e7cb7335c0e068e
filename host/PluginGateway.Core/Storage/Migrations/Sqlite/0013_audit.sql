CREATE INDEX audit_who ON audit (who);
CREATE INDEX audit_action ON audit (action);
CREATE INDEX audit_subject ON audit (object);
CREATE INDEX audit_of ON audit (council);
