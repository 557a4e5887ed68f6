-- Needs: sha256, chain.
-- ARGV[2]: sealed entries as JSON.
writeAudit(cjson.decode(ARGV[2]))
return 1
