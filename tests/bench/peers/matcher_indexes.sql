-- Made once the offers are there. `cpu` last: the index gives rows in the order the best fit is looked for, so that
-- LIMIT 1 need not sort.
CREATE INDEX ON matcher.offers (site, arch, cpu);
CREATE INDEX ON matcher.offers (cpu_model, cpu);
CREATE INDEX ON matcher.offers (arch, cpu);
VACUUM ANALYZE matcher.offers;
