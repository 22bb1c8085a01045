-- Modes, pauses, restores, and what is forgotten in time.
ALTER TABLE "rolecall"."operations" ADD COLUMN "pruned_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "inbox_kept" ON "rolecall"."inbox" USING btree ("received_at") WHERE "rolecall"."inbox"."body" is not null;--> statement-breakpoint
CREATE INDEX "invitations_addressed" ON "rolecall"."invitations" USING btree ("expires_at") WHERE "rolecall"."invitations"."email" is not null;--> statement-breakpoint
CREATE INDEX "attempts_at" ON "rolecall"."attempts" USING btree ("at");--> statement-breakpoint
CREATE INDEX "users_deleted" ON "rolecall"."users" USING btree ("deleted_at") WHERE "rolecall"."users"."deleted_at" is not null;
