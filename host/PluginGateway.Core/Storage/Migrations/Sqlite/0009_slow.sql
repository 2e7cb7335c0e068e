-- Until when a back end that asked for fewer calls is given none, by any host.
ALTER TABLE lane ADD slow_until INTEGER NOT NULL DEFAULT 0;
