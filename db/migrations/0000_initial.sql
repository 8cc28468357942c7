CREATE TABLE `order_items` (
	`order_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`sku` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`title` varchar(256) NOT NULL,
	`unit_price` bigint NOT NULL,
	`quantity` int NOT NULL,
	`returning_quantity` int NOT NULL,
	`returned_quantity` int NOT NULL,
	CONSTRAINT `order_items_order_id_sku_pk` PRIMARY KEY(`order_id`,`sku`),
	CONSTRAINT `order_items_quantity` CHECK(quantity > 0 and unit_price >= 0),
	CONSTRAINT `order_items_returns` CHECK(returning_quantity >= 0 and returned_quantity >= 0 and returning_quantity + returned_quantity <= quantity)
);
--> statement-breakpoint
CREATE TABLE `orders` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`user_id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`subject` varchar(256) NOT NULL,
	`total_amount` bigint NOT NULL,
	`points_to_use` bigint NOT NULL,
	`amount` bigint NOT NULL,
	`adjustments` text NOT NULL,
	`line_count` int NOT NULL,
	`refunding` bigint NOT NULL,
	`refunded` bigint NOT NULL,
	`points_returning` bigint NOT NULL,
	`points_returned` bigint NOT NULL,
	`refund_state` varchar(8) character set ascii collate ascii_bin GENERATED ALWAYS AS ((case when refunded = 0 then 'NONE' when refunded < amount then 'PARTIAL' else 'FULL' end)) STORED,
	`created_by` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`request_key` varchar(43) character set ascii collate ascii_bin,
	`request_hash` varchar(43) character set ascii collate ascii_bin,
	`created_at` timestamp(3) NOT NULL,
	`expires_at` timestamp(3) NOT NULL,
	`closing_at` timestamp(3),
	`close_reason` varchar(16) character set ascii collate ascii_bin,
	`closed_at` timestamp(3),
	`paid_at` timestamp(3),
	`paid_by` varchar(32) character set ascii collate ascii_bin,
	`next_check_at` timestamp(3),
	`checks` int NOT NULL,
	CONSTRAINT `orders_id` PRIMARY KEY(`id`),
	CONSTRAINT `orders_request_key` UNIQUE(`request_key`),
	CONSTRAINT `orders_state` CHECK(state in ('DRAFT','PENDING','PAID','CLOSED')),
	CONSTRAINT `orders_amounts` CHECK(amount >= 0 and total_amount >= amount and points_to_use >= 0 and line_count >= 0),
	CONSTRAINT `orders_refunds` CHECK(refunding >= 0 and refunded >= 0 and refunding + refunded <= amount),
	CONSTRAINT `orders_points` CHECK(points_returning >= 0 and points_returned >= 0 and points_returning + points_returned <= points_to_use)
);
--> statement-breakpoint
CREATE TABLE `payment_transactions` (
	`out_trade_no` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`order_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`user_id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`provider` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`method` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`amount` bigint NOT NULL,
	`request` text NOT NULL,
	`request_key` varchar(43) character set ascii collate ascii_bin,
	`request_hash` varchar(43) character set ascii collate ascii_bin,
	`credential` text,
	`credential_expires_at` timestamp(3),
	`expires_at` timestamp(3) NOT NULL,
	`failure_code` varchar(64) character set ascii collate ascii_bin,
	`disposition` varchar(9) character set ascii collate ascii_bin,
	`unapplied_reason` varchar(16) character set ascii collate ascii_bin,
	`policy` varchar(8) character set ascii collate ascii_bin,
	`provider_trade_no` varchar(64) character set ascii collate ascii_bin,
	`received` bigint NOT NULL,
	`refunding` bigint NOT NULL,
	`refunded` bigint NOT NULL,
	`created_at` timestamp(3) NOT NULL,
	`paid_at` timestamp(3),
	`closed_at` timestamp(3),
	`next_check_at` timestamp(3),
	`checks` int NOT NULL,
	`open_method` varchar(24) character set ascii collate ascii_bin GENERATED ALWAYS AS ((case when state in ('CREATED','PENDING') then method else null end)) STORED,
	CONSTRAINT `payment_transactions_out_trade_no` PRIMARY KEY(`out_trade_no`),
	CONSTRAINT `payment_transactions_open` UNIQUE(`order_id`,`open_method`),
	CONSTRAINT `payment_transactions_request_key` UNIQUE(`request_key`),
	CONSTRAINT `payment_transactions_state` CHECK(state in ('CREATED','PENDING','CLOSING','CLOSED','FAILED','SUCCESS')),
	CONSTRAINT `payment_transactions_amounts` CHECK(amount > 0 and received >= 0 and refunding >= 0 and refunded >= 0),
	CONSTRAINT `payment_transactions_ceiling` CHECK(refunding + refunded <= received),
	CONSTRAINT `payment_transactions_disposition` CHECK((state = 'SUCCESS') = (disposition is not null))
);
--> statement-breakpoint
CREATE TABLE `refund_records` (
	`id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`order_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`user_id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`out_trade_no` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`provider` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`out_refund_no` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(10) character set ascii collate ascii_bin NOT NULL,
	`origin` varchar(9) character set ascii collate ascii_bin NOT NULL,
	`applied` boolean NOT NULL,
	`amount` bigint NOT NULL,
	`points` bigint NOT NULL,
	`reason` varchar(256) NOT NULL,
	`items` text NOT NULL,
	`line_count` int NOT NULL,
	`request` text NOT NULL,
	`provider_refund_no` varchar(64) character set ascii collate ascii_bin,
	`failure_code` varchar(64) character set ascii collate ascii_bin,
	`requested_by` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`decided_by` varchar(64) character set ascii collate ascii_bin,
	`request_key` varchar(43) character set ascii collate ascii_bin,
	`request_hash` varchar(43) character set ascii collate ascii_bin,
	`created_at` timestamp(3) NOT NULL,
	`decided_at` timestamp(3),
	`succeeded_at` timestamp(3),
	`next_check_at` timestamp(3),
	`checks` int NOT NULL,
	CONSTRAINT `refund_records_id` PRIMARY KEY(`id`),
	CONSTRAINT `refund_records_number` UNIQUE(`provider`,`out_refund_no`),
	CONSTRAINT `refund_records_request_key` UNIQUE(`request_key`),
	CONSTRAINT `refund_records_state_known` CHECK(state in ('REQUESTED','CREATED','PROCESSING','SUCCESS','CLOSED','ABNORMAL')),
	CONSTRAINT `refund_records_amount` CHECK(amount > 0 and points >= 0 and line_count >= 0)
);
--> statement-breakpoint
CREATE TABLE `points_accounts` (
	`user_id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`balance` bigint NOT NULL,
	`held` bigint NOT NULL,
	CONSTRAINT `points_accounts_user_id` PRIMARY KEY(`user_id`),
	CONSTRAINT `points_accounts_counts` CHECK(balance >= 0 and held >= 0 and held <= balance)
);
--> statement-breakpoint
CREATE TABLE `points_logs` (
	`user_id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`cause_id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`order_id` varchar(26) character set ascii collate ascii_bin,
	`points` bigint NOT NULL,
	`state` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`reason` varchar(256),
	`created_by` varchar(64) character set ascii collate ascii_bin,
	`created_at` timestamp(3) NOT NULL,
	`posted_at` timestamp(3),
	CONSTRAINT `points_logs_user_id_kind_cause_id_pk` PRIMARY KEY(`user_id`,`kind`,`cause_id`),
	CONSTRAINT `points_logs_state` CHECK(state in ('PENDING','POSTED','VOIDED')),
	CONSTRAINT `points_logs_points` CHECK(points > 0)
);
--> statement-breakpoint
CREATE TABLE `anomalies` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`subject_key` varchar(160) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`provider` varchar(8) character set ascii collate ascii_bin,
	`order_id` varchar(26) character set ascii collate ascii_bin,
	`out_trade_no` varchar(64) character set ascii collate ascii_bin,
	`refund_id` varchar(64) character set ascii collate ascii_bin,
	`detail` text NOT NULL,
	`seen` int NOT NULL,
	`created_at` timestamp(3) NOT NULL,
	`last_seen_at` timestamp(3) NOT NULL,
	CONSTRAINT `anomalies_id` PRIMARY KEY(`id`),
	CONSTRAINT `anomalies_subject` UNIQUE(`subject_key`),
	CONSTRAINT `anomalies_state_known` CHECK(state in ('OPEN','RESOLVED'))
);
--> statement-breakpoint
CREATE TABLE `notifications` (
	`provider` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`notify_id` varchar(128) character set ascii collate ascii_bin NOT NULL,
	`event` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`out_trade_no` varchar(64) character set ascii collate ascii_bin,
	`outcome` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`deliveries` int NOT NULL,
	`received_at` timestamp(3) NOT NULL,
	`processing_ms` int NOT NULL,
	CONSTRAINT `notifications_provider_notify_id_pk` PRIMARY KEY(`provider`,`notify_id`)
);
--> statement-breakpoint
CREATE TABLE `inventory_items` (
	`sku` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`title` varchar(256) NOT NULL,
	`price` bigint NOT NULL,
	`active` boolean NOT NULL,
	`on_hand` int NOT NULL,
	`reserved` int NOT NULL,
	`shortage` int NOT NULL,
	CONSTRAINT `inventory_items_sku` PRIMARY KEY(`sku`),
	CONSTRAINT `inventory_items_counts` CHECK(on_hand >= 0 and reserved >= 0 and shortage >= 0),
	CONSTRAINT `inventory_items_reserved` CHECK(reserved <= on_hand + shortage),
	CONSTRAINT `inventory_items_price` CHECK(price >= 0)
);
--> statement-breakpoint
CREATE TABLE `inventory_logs` (
	`order_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`sku` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`cause_id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`quantity` int NOT NULL,
	`state` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`reason` varchar(256),
	`created_by` varchar(64) character set ascii collate ascii_bin,
	`created_at` timestamp(3) NOT NULL,
	`posted_at` timestamp(3),
	CONSTRAINT `inventory_logs_order_id_kind_sku_cause_id_pk` PRIMARY KEY(`order_id`,`kind`,`sku`,`cause_id`),
	CONSTRAINT `inventory_logs_state` CHECK(state in ('PENDING','POSTED','VOIDED')),
	CONSTRAINT `inventory_logs_quantity` CHECK(quantity > 0 or (kind = 'ADJUST' and quantity <> 0))
);
--> statement-breakpoint
CREATE INDEX `orders_user` ON `orders` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `orders_next_check` ON `orders` (`next_check_at`);--> statement-breakpoint
CREATE INDEX `payment_transactions_next_check` ON `payment_transactions` (`next_check_at`);--> statement-breakpoint
CREATE INDEX `refund_records_order` ON `refund_records` (`order_id`);--> statement-breakpoint
CREATE INDEX `refund_records_state` ON `refund_records` (`state`,`id`);--> statement-breakpoint
CREATE INDEX `refund_records_next_check` ON `refund_records` (`next_check_at`);--> statement-breakpoint
CREATE INDEX `points_logs_time` ON `points_logs` (`user_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `anomalies_state` ON `anomalies` (`state`,`id`);--> statement-breakpoint
CREATE INDEX `notifications_trade` ON `notifications` (`out_trade_no`);--> statement-breakpoint
CREATE INDEX `inventory_logs_sku` ON `inventory_logs` (`sku`,`created_at`);