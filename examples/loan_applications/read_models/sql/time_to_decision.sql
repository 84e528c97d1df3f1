-- The median and the 90th percentile of the time from submission to decision. The row without a state is for all
-- decisions. Binds: none. Isolation: any.
select state, count(*) as decisions,
       percentile_disc(0.5) within group (order by extract(epoch from decided_at - submitted_at)) as median_seconds,
       percentile_disc(0.9) within group (order by extract(epoch from decided_at - submitted_at)) as nine_of_ten_seconds
  from loan_applications
 where decided_at is not null
 group by rollup (state)
