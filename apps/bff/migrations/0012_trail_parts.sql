-- Nodes of the version before go on meanwhile. So all that is changed from here to 0015 is locked first, before the indexes below take
-- their time: nobody who waits for them holds anything that is wanted later. Statements touch tables in many orders, so there is none that
-- would always fit ([Note: Order of locks]): what cannot be had within half a second is given back, with all the rest, before PostgreSQL
-- looks for a deadlock (after a second), and tried again.
DO $$ BEGIN
	SET LOCAL lock_timeout = '500ms';
	LOOP
		BEGIN
			LOCK TABLE "teams", "users", "sign_in_attempts", "sessions", "oidc_groups", "api_keys", "audit_events" IN ACCESS EXCLUSIVE MODE;
			EXIT;
		EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
			NULL;
		END;
	END LOOP;
	SET LOCAL lock_timeout = 0;
END $$;--> statement-breakpoint
CREATE INDEX "audit_events_subject_first" ON "audit_events" USING btree (split_part("subject", '/', 1),(-"id")) WHERE "audit_events"."subject" like '%/%';--> statement-breakpoint
CREATE INDEX "audit_events_subject_rest" ON "audit_events" USING btree (substr("subject", strpos("subject", '/') + 1),(-"id")) WHERE "audit_events"."subject" like '%/%';--> statement-breakpoint
CREATE INDEX "audit_events_subject_last" ON "audit_events" USING btree (split_part("subject", '/', -1),(-"id")) WHERE "audit_events"."subject" like '%/%/%';--> statement-breakpoint
CREATE INDEX "audit_events_subject_middle" ON "audit_events" USING btree (substring("subject" from '/(.*)/'),(-"id")) WHERE "audit_events"."subject" like '%/%/%';