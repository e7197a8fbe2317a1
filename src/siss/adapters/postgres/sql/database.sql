-- name: damaged
SELECT CASE WHEN damaged.relkind = 'i' THEN 'the index ' || damaged.relname || ' of ' ELSE '' END
    || 'the table ' || holder.relname
FROM pg_class damaged
LEFT JOIN pg_index ON indexrelid = damaged.oid
LEFT JOIN pg_class owner ON owner.reltoastrelid = coalesce(indrelid, damaged.oid)
JOIN pg_class holder ON holder.oid = coalesce(owner.oid, indrelid, damaged.oid)
WHERE damaged.oid = pg_filenode_relation(0, %(file)s)
