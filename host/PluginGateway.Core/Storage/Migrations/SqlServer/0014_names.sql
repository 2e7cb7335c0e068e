-- Renames tables and columns for version 0.2. Earlier versions cannot use the database after this.
-- A column in the filter of an index cannot be renamed, so these indexes are created again.
DROP INDEX delivery_due ON dbo.delivery;
DROP INDEX delivery_waiting ON dbo.delivery;
DROP INDEX delivery_paused ON dbo.delivery;
DROP INDEX delivery_gated ON dbo.delivery;
DROP INDEX closure_open ON dbo.closure;
DROP INDEX incident_told ON dbo.incident;
GO
EXEC sp_rename N'dbo.delivery.gate', N'hold', N'COLUMN';
EXEC sp_rename N'dbo.delivery.tries', N'attempts', N'COLUMN';
EXEC sp_rename N'dbo.delivery.doubt', N'may_have_been_delivered', N'COLUMN';
EXEC sp_rename N'dbo.incident.told_open', N'notified_open', N'COLUMN';
EXEC sp_rename N'dbo.incident.told_over', N'notified_closed', N'COLUMN';
EXEC sp_rename N'dbo.council_update.happened', N'occurred', N'COLUMN';
EXEC sp_rename N'dbo.council_update.learned', N'received', N'COLUMN';
EXEC sp_rename N'dbo.document.good', N'valid', N'COLUMN';
EXEC sp_rename N'dbo.document.fresh', N'added', N'COLUMN';
EXEC sp_rename N'dbo.document.bad', N'invalid', N'COLUMN';
EXEC sp_rename N'dbo.document.tries', N'attempts', N'COLUMN';
EXEC sp_rename N'dbo.document.begun', N'reads_started', N'COLUMN';
EXEC sp_rename N'dbo.update_ask.asked', N'polled', N'COLUMN';
EXEC sp_rename N'dbo.audit.object', N'subject', N'COLUMN';
EXEC sp_rename N'dbo.duty', N'leader_lock';
EXEC sp_rename N'dbo.closure', N'suspension';
EXEC sp_rename N'dbo.update_ask', N'client_poll';
EXEC sp_rename N'dbo.retention_mark', N'job_checkpoint';
GO
CREATE INDEX delivery_due ON dbo.delivery (lane_id, due) WHERE state < 5 AND state <> 1 AND state <> 2 AND hold = 0;
CREATE INDEX delivery_waiting ON dbo.delivery (report_id) WHERE hold = 2;
CREATE INDEX delivery_paused ON dbo.delivery (lane_id, due) WHERE hold = 1;
CREATE INDEX delivery_on_hold ON dbo.delivery (lane_id) WHERE hold > 0 AND state < 5 AND state <> 1 AND state <> 2;
CREATE UNIQUE INDEX suspension_open ON dbo.suspension (council, backend, service, kind) WHERE ended = 0;
CREATE INDEX incident_notified ON dbo.incident (notified_closed, notified_open);
