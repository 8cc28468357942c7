CREATE TABLE `bill_days` (
	`provider` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`bill_date` varchar(10) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(11) character set ascii collate ascii_bin NOT NULL,
	`loads` int NOT NULL,
	`load_no` int NOT NULL,
	`previous_load_no` int NOT NULL,
	`entry_count` int NOT NULL,
	`position` varchar(512),
	`steps` int NOT NULL,
	`waiting_since` timestamp(3) NOT NULL,
	`done_at` timestamp(3),
	`next_check_at` timestamp(3),
	`checks` int NOT NULL,
	CONSTRAINT `bill_days_provider_bill_date_pk` PRIMARY KEY(`provider`,`bill_date`),
	CONSTRAINT `bill_days_state` CHECK(state in ('WAITING','LOADING','COMPARING','COMPARED','DONE','UNAVAILABLE'))
);
--> statement-breakpoint
CREATE TABLE `bill_differences` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`provider` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`bill_date` varchar(10) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(7) character set ascii collate ascii_bin NOT NULL,
	`number` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`provider_no` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`difference` varchar(14) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`out_trade_no` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`detail` text NOT NULL,
	`created_at` timestamp(3) NOT NULL,
	`reported_at` timestamp(3),
	`settled_at` timestamp(3),
	`next_check_at` timestamp(3),
	`checks` int NOT NULL,
	CONSTRAINT `bill_differences_id` PRIMARY KEY(`id`),
	CONSTRAINT `bill_differences_subject` UNIQUE(`provider`,`bill_date`,`kind`,`number`,`provider_no`,`difference`),
	CONSTRAINT `bill_differences_state_known` CHECK(state in ('OPEN','PARKED','HEALED','REPORTED','UNJUDGED'))
);
--> statement-breakpoint
CREATE TABLE `bill_entries` (
	`provider` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`bill_date` varchar(10) character set ascii collate ascii_bin NOT NULL,
	`load_no` int NOT NULL,
	`kind` varchar(7) character set ascii collate ascii_bin NOT NULL,
	`number` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`provider_no` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`line` int NOT NULL,
	`out_trade_no` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`amount` bigint NOT NULL,
	`fee` bigint,
	`status` varchar(10) character set ascii collate ascii_bin NOT NULL,
	`at` timestamp(3) NOT NULL,
	CONSTRAINT `bill_entries_pk` PRIMARY KEY(`provider`,`bill_date`,`load_no`,`kind`,`number`,`provider_no`,`line`)
);
--> statement-breakpoint
CREATE TABLE `events` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`subject_key` varchar(160) character set ascii collate ascii_bin NOT NULL,
	`order_id` varchar(26) character set ascii collate ascii_bin,
	`detail` text NOT NULL,
	`created_at` timestamp(3) NOT NULL,
	CONSTRAINT `events_id` PRIMARY KEY(`id`),
	CONSTRAINT `events_subject` UNIQUE(`subject_key`)
);
--> statement-breakpoint
CREATE TABLE `operator_actions` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`at` timestamp(3) NOT NULL,
	`actor` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`role` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`action` varchar(48) character set ascii collate ascii_bin NOT NULL,
	`subject` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`order_id` varchar(26) character set ascii collate ascii_bin,
	`reason` varchar(256) NOT NULL,
	`before` text NOT NULL,
	`after` text NOT NULL,
	`request_id` varchar(64) character set ascii collate ascii_bin,
	CONSTRAINT `operator_actions_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `provider_calls` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`sent_at` timestamp(3) NOT NULL,
	`provider` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`operation` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`number` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`out_trade_no` varchar(64) character set ascii collate ascii_bin,
	`status` int,
	`code` varchar(64) character set ascii collate ascii_bin,
	`request` text NOT NULL,
	`response` text,
	`duration_ms` bigint NOT NULL,
	`request_id` varchar(64) character set ascii collate ascii_bin,
	CONSTRAINT `provider_calls_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
ALTER TABLE `refund_records` DROP CONSTRAINT `refund_records_amount`;--> statement-breakpoint
ALTER TABLE `points_accounts` DROP CONSTRAINT `points_accounts_counts`;--> statement-breakpoint
ALTER TABLE `inventory_logs` DROP CONSTRAINT `inventory_logs_quantity`;--> statement-breakpoint
DROP INDEX `points_logs_time` ON `points_logs`;--> statement-breakpoint
ALTER TABLE `orders` drop column `refund_state`;--> statement-breakpoint
ALTER TABLE `orders` ADD `refund_state` varchar(8) character set ascii collate ascii_bin GENERATED ALWAYS AS ((case when refunded + points_returned = 0 then 'NONE'
          when refunded < amount or points_returned < points_to_use then 'PARTIAL' else 'FULL' end)) STORED;--> statement-breakpoint
ALTER TABLE `payment_transactions` MODIFY COLUMN `disposition` varchar(11) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `orders` ADD `generation` int DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `refund_records` ADD `retry_of` varchar(64) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `refund_records` ADD `waiting_since` timestamp(3);--> statement-breakpoint
ALTER TABLE `refund_records` ADD `sent_at` timestamp(3);--> statement-breakpoint
ALTER TABLE `points_accounts` ADD `clawed` bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `points_accounts` ADD `version` int DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `points_accounts` ADD `next_check_at` datetime(3);--> statement-breakpoint
ALTER TABLE `points_logs` ADD `expires_at` datetime(3);--> statement-breakpoint
ALTER TABLE `points_logs` ADD `effective_at` timestamp(3) GENERATED ALWAYS AS ((case when state = 'POSTED' then posted_at else created_at end)) STORED;--> statement-breakpoint
ALTER TABLE `anomalies` ADD `suggestion` varchar(24) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `anomalies` ADD `resolved_at` timestamp(3);--> statement-breakpoint
ALTER TABLE `anomalies` ADD `resolved_by` varchar(64) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `anomalies` ADD `resolution` varchar(256);--> statement-breakpoint
ALTER TABLE `inventory_items` ADD `low_at` int;--> statement-breakpoint
ALTER TABLE `inventory_items` ADD `is_low` boolean GENERATED ALWAYS AS ((on_hand < reserved or (low_at is not null and on_hand - reserved <= low_at))) STORED;--> statement-breakpoint
ALTER TABLE `inventory_items` ADD `low_since` timestamp(3);--> statement-breakpoint
ALTER TABLE `inventory_logs` ADD `counted` int;--> statement-breakpoint
ALTER TABLE `refund_records` ADD CONSTRAINT `refund_records_retry` UNIQUE(`retry_of`);--> statement-breakpoint
CREATE INDEX `bill_days_next_check` ON `bill_days` (`next_check_at`);--> statement-breakpoint
CREATE INDEX `bill_differences_state` ON `bill_differences` (`provider`,`bill_date`,`state`);--> statement-breakpoint
CREATE INDEX `bill_differences_next_check` ON `bill_differences` (`next_check_at`);--> statement-breakpoint
CREATE INDEX `bill_entries_number` ON `bill_entries` (`provider`,`kind`,`number`);--> statement-breakpoint
CREATE INDEX `events_order` ON `events` (`order_id`);--> statement-breakpoint
CREATE INDEX `events_time` ON `events` (`created_at`);--> statement-breakpoint
CREATE INDEX `operator_actions_order` ON `operator_actions` (`order_id`);--> statement-breakpoint
CREATE INDEX `operator_actions_subject` ON `operator_actions` (`subject`);--> statement-breakpoint
CREATE INDEX `provider_calls_trade` ON `provider_calls` (`out_trade_no`);--> statement-breakpoint
CREATE INDEX `provider_calls_time` ON `provider_calls` (`sent_at`);--> statement-breakpoint
ALTER TABLE `refund_records` ADD CONSTRAINT `refund_records_amount` CHECK (amount >= 0 and points >= 0 and amount + points > 0 and line_count >= 0);--> statement-breakpoint
ALTER TABLE `points_accounts` ADD CONSTRAINT `points_accounts_counts` CHECK (balance >= 0 and held >= 0 and held <= balance and clawed >= 0);--> statement-breakpoint
ALTER TABLE `inventory_logs` ADD CONSTRAINT `inventory_logs_quantity` CHECK (quantity > 0 or (kind = 'ADJUST' and quantity <> 0) or kind = 'COUNT');--> statement-breakpoint
CREATE INDEX `orders_open` ON `orders` (`user_id`,`state`);--> statement-breakpoint
CREATE INDEX `orders_ended` ON `orders` (`close_reason`,`closed_at`);--> statement-breakpoint
CREATE INDEX `payment_transactions_paid` ON `payment_transactions` (`provider`,`paid_at`);--> statement-breakpoint
CREATE INDEX `payment_transactions_policy` ON `payment_transactions` (`policy`,`out_trade_no`);--> statement-breakpoint
CREATE INDEX `refund_records_succeeded` ON `refund_records` (`provider`,`succeeded_at`);--> statement-breakpoint
CREATE INDEX `points_accounts_next_check` ON `points_accounts` (`next_check_at`);--> statement-breakpoint
CREATE INDEX `pre_authorisation_operations_finished` ON `pre_authorisation_operations` (`provider`,`finished_at`);--> statement-breakpoint
CREATE INDEX `anomalies_order` ON `anomalies` (`order_id`);--> statement-breakpoint
CREATE INDEX `notifications_time` ON `notifications` (`received_at`);--> statement-breakpoint
CREATE INDEX `inventory_items_low` ON `inventory_items` (`is_low`,`low_since`);--> statement-breakpoint
CREATE INDEX `points_logs_time` ON `points_logs` (`user_id`,`effective_at`);