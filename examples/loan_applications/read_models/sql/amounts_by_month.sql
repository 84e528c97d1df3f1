-- The amounts requested and approved in each month, in UTC. Binds: none. Isolation: any; both parts see one snapshot.
with requested as (
    select to_char(submitted_at at time zone 'UTC', 'YYYY-MM') as month, count(*) as applications, sum(amount)::bigint as euros
      from loan_applications
     group by 1
), approved as (
    select to_char(decided_at at time zone 'UTC', 'YYYY-MM') as month, count(*) as applications, sum(amount)::bigint as euros
      from loan_applications
     where state = 'approved'
     group by 1
)
select month,
       coalesce(requested.applications, 0) as requested, coalesce(requested.euros, 0) as requested_euros,
       coalesce(approved.applications, 0) as approved, coalesce(approved.euros, 0) as approved_euros
  from requested full join approved using (month)
