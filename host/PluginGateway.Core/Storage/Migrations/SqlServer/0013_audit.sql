CREATE INDEX audit_who ON dbo.audit (who, id);
CREATE INDEX audit_action ON dbo.audit (action, id);
CREATE INDEX audit_subject ON dbo.audit (object, id);
CREATE INDEX audit_of ON dbo.audit (council, id);
