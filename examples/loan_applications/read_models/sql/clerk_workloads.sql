-- What each clerk did, and has in hand.
-- Binds: none. Isolation: any; both tables are seen in one snapshot, but each is as far as its own projection is.
select clerk, acts, work_completed, offers_sent, decisions,
       (select count(*) from open_work_items as item where item.clerk = done.clerk and item.state = 'in_hand') as in_hand
  from clerk_workloads as done
