CREATE TABLE `idempotency_answers` (
	`request_key` varchar(43) character set ascii collate ascii_bin NOT NULL,
	`request_hash` varchar(43) character set ascii collate ascii_bin NOT NULL,
	`operation` varchar(48) character set ascii collate ascii_bin NOT NULL,
	`answer` mediumtext,
	`expires_at` timestamp(3) NOT NULL,
	CONSTRAINT `idempotency_answers_request_key` PRIMARY KEY(`request_key`)
);
--> statement-breakpoint
CREATE TABLE `figure_totals` (
	`at` timestamp(3) NOT NULL,
	`figure` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`provider` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`outcome` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`bucket` int NOT NULL,
	`n` bigint NOT NULL,
	`sum_ms` bigint NOT NULL,
	CONSTRAINT `figure_totals_pk` PRIMARY KEY(`at`,`figure`,`provider`,`name`,`outcome`,`bucket`)
);
--> statement-breakpoint
CREATE TABLE `job_runs` (
	`name` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`started_at` timestamp(3) NOT NULL,
	`finished_at` timestamp(3) NOT NULL,
	`ok` boolean NOT NULL,
	`succeeded_at` timestamp(3),
	CONSTRAINT `job_runs_name` PRIMARY KEY(`name`)
);
--> statement-breakpoint
CREATE TABLE `served_operations` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`at` timestamp(3) NOT NULL,
	`operation` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`provider` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`method` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`outcome` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`duration_ms` bigint NOT NULL,
	CONSTRAINT `served_operations_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `stock_differences` (
	`sku` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`on_hand` int NOT NULL,
	`journal_on_hand` int NOT NULL,
	`reserved` int NOT NULL,
	`journal_reserved` int NOT NULL,
	`since` timestamp(3) NOT NULL,
	CONSTRAINT `stock_differences_sku` PRIMARY KEY(`sku`)
);
--> statement-breakpoint
CREATE TABLE `stock_passes` (
	`started_at` timestamp(3) NOT NULL,
	`after_sku` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`looked` int NOT NULL,
	`unlooked` int NOT NULL,
	`finished_at` timestamp(3),
	CONSTRAINT `stock_passes_started_at` PRIMARY KEY(`started_at`)
);
--> statement-breakpoint
DROP INDEX `provider_calls_time` ON `provider_calls`;--> statement-breakpoint
DROP INDEX `orders_next_check` ON `orders`;--> statement-breakpoint
DROP INDEX `payment_transactions_next_check` ON `payment_transactions`;--> statement-breakpoint
DROP INDEX `notifications_time` ON `notifications`;--> statement-breakpoint
ALTER TABLE `orders` MODIFY COLUMN `subject` mediumtext NOT NULL;--> statement-breakpoint
ALTER TABLE `combined_payments` MODIFY COLUMN `request` mediumtext NOT NULL;--> statement-breakpoint
ALTER TABLE `combined_payments` MODIFY COLUMN `credential` mediumtext;--> statement-breakpoint
ALTER TABLE `payment_transactions` MODIFY COLUMN `request` mediumtext NOT NULL;--> statement-breakpoint
ALTER TABLE `payment_transactions` MODIFY COLUMN `credential` mediumtext;--> statement-breakpoint
ALTER TABLE `refund_records` MODIFY COLUMN `reason` mediumtext NOT NULL;--> statement-breakpoint
ALTER TABLE `refund_records` MODIFY COLUMN `request` mediumtext NOT NULL;--> statement-breakpoint
ALTER TABLE `pre_authorisation_operations` MODIFY COLUMN `request` mediumtext NOT NULL;--> statement-breakpoint
ALTER TABLE `pre_authorisations` MODIFY COLUMN `request` mediumtext NOT NULL;--> statement-breakpoint
ALTER TABLE `pre_authorisations` MODIFY COLUMN `credential` mediumtext;--> statement-breakpoint
ALTER TABLE `transfers` MODIFY COLUMN `openid` mediumtext;--> statement-breakpoint
ALTER TABLE `transfers` MODIFY COLUMN `payee` mediumtext;--> statement-breakpoint
ALTER TABLE `transfers` MODIFY COLUMN `title` mediumtext;--> statement-breakpoint
ALTER TABLE `transfers` MODIFY COLUMN `remark` mediumtext NOT NULL;--> statement-breakpoint
ALTER TABLE `transfers` MODIFY COLUMN `request` mediumtext NOT NULL;--> statement-breakpoint
ALTER TABLE `transfers` MODIFY COLUMN `confirmation` mediumtext;--> statement-breakpoint
ALTER TABLE `operator_actions` ADD `seq` bigint;--> statement-breakpoint
ALTER TABLE `operator_actions` ADD `previous_hash` varchar(66) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `operator_actions` ADD `hash` varchar(66) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `provider_calls` ADD `outcome` varchar(8) character set ascii collate ascii_bin DEFAULT 'ok' NOT NULL;--> statement-breakpoint
ALTER TABLE `payment_transactions` ADD `booked_at` timestamp(3);--> statement-breakpoint
ALTER TABLE `notifications` ADD `event_at` timestamp(3);--> statement-breakpoint
ALTER TABLE `operator_actions` ADD CONSTRAINT `operator_actions_seq` UNIQUE(`seq`);--> statement-breakpoint
CREATE INDEX `idempotency_answers_expiry` ON `idempotency_answers` (`expires_at`,`operation`);--> statement-breakpoint
CREATE INDEX `served_operations_time` ON `served_operations` (`at`,`operation`,`provider`,`method`,`outcome`,`duration_ms`);--> statement-breakpoint
CREATE INDEX `stock_differences_since` ON `stock_differences` (`since`);--> statement-breakpoint
CREATE INDEX `stock_passes_finished` ON `stock_passes` (`finished_at`);--> statement-breakpoint
CREATE INDEX `bill_days_state` ON `bill_days` (`state`,`provider`,`bill_date`);--> statement-breakpoint
CREATE INDEX `payment_transactions_booked` ON `payment_transactions` (`booked_at`,`disposition`,`provider`,`method`,`unapplied_reason`,`paid_at`,`order_id`);--> statement-breakpoint
CREATE INDEX `payment_transactions_closed` ON `payment_transactions` (`closed_at`,`state`,`provider`,`method`,`failure_code`);--> statement-breakpoint
CREATE INDEX `anomalies_kind` ON `anomalies` (`state`,`kind`,`created_at`);--> statement-breakpoint
CREATE INDEX `inventory_items_short` ON `inventory_items` (`shortage`);--> statement-breakpoint
CREATE INDEX `provider_calls_time` ON `provider_calls` (`sent_at`,`provider`,`operation`,`outcome`,`duration_ms`);--> statement-breakpoint
CREATE INDEX `orders_next_check` ON `orders` (`next_check_at`,`state`,`expires_at`,`line_count`);--> statement-breakpoint
CREATE INDEX `payment_transactions_next_check` ON `payment_transactions` (`next_check_at`,`state`,`created_at`,`expires_at`);--> statement-breakpoint
CREATE INDEX `notifications_time` ON `notifications` (`received_at`,`provider`,`event_at`,`processing_ms`);