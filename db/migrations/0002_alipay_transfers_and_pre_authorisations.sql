CREATE TABLE `pre_authorisation_operations` (
	`number` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`out_order_no` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`provider` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(10) character set ascii collate ascii_bin NOT NULL,
	`captures` bigint NOT NULL,
	`releases` bigint NOT NULL,
	`final` boolean NOT NULL,
	`request` text NOT NULL,
	`provider_no` varchar(64) character set ascii collate ascii_bin,
	`failure_code` varchar(64) character set ascii collate ascii_bin,
	`requested_by` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`request_key` varchar(43) character set ascii collate ascii_bin,
	`request_hash` varchar(43) character set ascii collate ascii_bin,
	`created_at` timestamp(3) NOT NULL,
	`finished_at` timestamp(3),
	`next_check_at` timestamp(3),
	`checks` int NOT NULL,
	CONSTRAINT `pre_authorisation_operations_number` PRIMARY KEY(`number`),
	CONSTRAINT `pre_authorisation_operations_request_key` UNIQUE(`request_key`),
	CONSTRAINT `pre_authorisation_operations_state_known` CHECK(state in ('REQUESTED','CREATED','PROCESSING','SUCCESS','FAILED')),
	CONSTRAINT `pre_authorisation_operations_amounts` CHECK(captures >= 0 and releases >= 0 and captures + releases > 0)
);
--> statement-breakpoint
CREATE TABLE `pre_authorisations` (
	`out_order_no` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`provider` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`channel` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(10) character set ascii collate ascii_bin NOT NULL,
	`title` varchar(100) NOT NULL,
	`amount` bigint NOT NULL,
	`reserved` bigint NOT NULL,
	`captured` bigint NOT NULL,
	`released` bigint NOT NULL,
	`request` text NOT NULL,
	`credential` text,
	`auth_no` varchar(64) character set ascii collate ascii_bin,
	`failure_code` varchar(64) character set ascii collate ascii_bin,
	`requested_by` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`request_key` varchar(43) character set ascii collate ascii_bin,
	`request_hash` varchar(43) character set ascii collate ascii_bin,
	`created_at` timestamp(3) NOT NULL,
	`expires_at` timestamp(3) NOT NULL,
	`frozen_at` timestamp(3),
	`finished_at` timestamp(3),
	`next_check_at` timestamp(3),
	`checks` int NOT NULL,
	CONSTRAINT `pre_authorisations_out_order_no` PRIMARY KEY(`out_order_no`),
	CONSTRAINT `pre_authorisations_request_key` UNIQUE(`request_key`),
	CONSTRAINT `pre_authorisations_state_known` CHECK(state in ('CREATED','PENDING','FROZEN','CANCELLING','FINISHED','CLOSED','FAILED')),
	CONSTRAINT `pre_authorisations_amount` CHECK(amount > 0),
	CONSTRAINT `pre_authorisations_sums` CHECK(captured >= 0 and released >= 0 and captured + released <= reserved and reserved <= amount)
);
--> statement-breakpoint
ALTER TABLE `transfers` DROP CONSTRAINT `transfers_state_known`;--> statement-breakpoint
ALTER TABLE `transfers` MODIFY COLUMN `application` varchar(16) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `transfers` MODIFY COLUMN `openid` varchar(128) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `transfers` MODIFY COLUMN `scene_id` varchar(36) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `transfers` MODIFY COLUMN `remark` varchar(200) NOT NULL;--> statement-breakpoint
ALTER TABLE `transfers` ADD `payee_type` varchar(16) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `transfers` ADD `payee` varchar(128);--> statement-breakpoint
ALTER TABLE `transfers` ADD `product_code` varchar(32) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `transfers` ADD `title` varchar(128);--> statement-breakpoint
ALTER TABLE `transfers` ADD `scene_name` varchar(64);--> statement-breakpoint
CREATE INDEX `pre_authorisation_operations_of` ON `pre_authorisation_operations` (`out_order_no`);--> statement-breakpoint
CREATE INDEX `pre_authorisation_operations_next_check` ON `pre_authorisation_operations` (`next_check_at`);--> statement-breakpoint
CREATE INDEX `pre_authorisations_state` ON `pre_authorisations` (`state`,`out_order_no`);--> statement-breakpoint
CREATE INDEX `pre_authorisations_next_check` ON `pre_authorisations` (`next_check_at`);--> statement-breakpoint
ALTER TABLE `transfers` ADD CONSTRAINT `transfers_state_known` CHECK (state in ('CREATED','PROCESSING','AWAITING_USER','CANCELLING','SUCCESS','FAILED','CANCELLED','RETURNED'));