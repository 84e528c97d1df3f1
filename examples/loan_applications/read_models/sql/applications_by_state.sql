-- The number of applications in each state, and the sum of their amounts. Binds: none. Isolation: any.
select state, count(*) as applications, sum(amount)::bigint as euros
  from loan_applications
 group by state
