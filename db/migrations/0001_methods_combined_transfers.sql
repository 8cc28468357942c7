CREATE TABLE `combined_payments` (
	`combine_out_trade_no` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`user_id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`provider` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`method` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`request` text NOT NULL,
	`request_key` varchar(43) character set ascii collate ascii_bin,
	`request_hash` varchar(43) character set ascii collate ascii_bin,
	`credential` text,
	`credential_expires_at` timestamp(3),
	`expires_at` timestamp(3) NOT NULL,
	`created_at` timestamp(3) NOT NULL,
	CONSTRAINT `combined_payments_combine_out_trade_no` PRIMARY KEY(`combine_out_trade_no`),
	CONSTRAINT `combined_payments_request_key` UNIQUE(`request_key`)
);
--> statement-breakpoint
CREATE TABLE `transfers` (
	`out_bill_no` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`provider` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(13) character set ascii collate ascii_bin NOT NULL,
	`application` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`openid` varchar(128) character set ascii collate ascii_bin NOT NULL,
	`scene_id` varchar(36) character set ascii collate ascii_bin NOT NULL,
	`amount` bigint NOT NULL,
	`remark` varchar(32) NOT NULL,
	`request` text NOT NULL,
	`encrypted_for` varchar(64) character set ascii collate ascii_bin,
	`confirmation` text,
	`provider_bill_no` varchar(64) character set ascii collate ascii_bin,
	`failure_code` varchar(64) character set ascii collate ascii_bin,
	`requested_by` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`request_key` varchar(43) character set ascii collate ascii_bin,
	`request_hash` varchar(43) character set ascii collate ascii_bin,
	`created_at` timestamp(3) NOT NULL,
	`finished_at` timestamp(3),
	`next_check_at` timestamp(3),
	`checks` int NOT NULL,
	CONSTRAINT `transfers_out_bill_no` PRIMARY KEY(`out_bill_no`),
	CONSTRAINT `transfers_request_key` UNIQUE(`request_key`),
	CONSTRAINT `transfers_state_known` CHECK(state in ('CREATED','PROCESSING','AWAITING_USER','CANCELLING','SUCCESS','FAILED','CANCELLED')),
	CONSTRAINT `transfers_amount` CHECK(amount > 0)
);
--> statement-breakpoint
ALTER TABLE `payment_transactions` ADD `refund_parts` int DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `payment_transactions` ADD `last_refund_at` timestamp(3);--> statement-breakpoint
ALTER TABLE `payment_transactions` ADD `combine_out_trade_no` varchar(32) character set ascii collate ascii_bin;--> statement-breakpoint
CREATE INDEX `transfers_state` ON `transfers` (`state`,`out_bill_no`);--> statement-breakpoint
CREATE INDEX `transfers_next_check` ON `transfers` (`next_check_at`);--> statement-breakpoint
CREATE INDEX `payment_transactions_combined` ON `payment_transactions` (`combine_out_trade_no`);--> statement-breakpoint
UPDATE `payment_transactions` SET `refund_parts` = (SELECT count(*) FROM `refund_records` WHERE `refund_records`.`out_trade_no` = `payment_transactions`.`out_trade_no` AND `refund_records`.`origin` <> 'EXTERNAL' AND `refund_records`.`state` IN ('CREATED','PROCESSING','SUCCESS','ABNORMAL'));
