/**
 * What etcdctl printed with `-w json`: 3.4.23 and 3.5.16 as recorded, 3.6 constructed from its source. `member remove`,
 * `alarm disarm` and the list with the learner are put together from recorded parts.
 */
export const ETCDCTL_SAMPLES = {
  'status 3.5, three members':
    '[{"Endpoint":"http://127.0.0.1:23794","Status":{"header":{"cluster_id":16144580830653016185,"member_id":13075981515695358060,"revision":6,"raft_term":2},"version":"3.5.16","dbSize":20480,"leader":15912635142952295749,"raftIndex":13,"raftTerm":2,"raftAppliedIndex":13,"dbSizeInUse":16384}},{"Endpoint":"http://127.0.0.1:23795","Status":{"header":{"cluster_id":16144580830653016185,"member_id":2377484805097210193,"revision":6,"raft_term":2},"version":"3.5.16","dbSize":20480,"leader":15912635142952295749,"raftIndex":13,"raftTerm":2,"raftAppliedIndex":13,"dbSizeInUse":16384}},{"Endpoint":"http://127.0.0.1:23796","Status":{"header":{"cluster_id":16144580830653016185,"member_id":15912635142952295749,"revision":6,"raft_term":2},"version":"3.5.16","dbSize":20480,"leader":15912635142952295749,"raftIndex":13,"raftTerm":2,"raftAppliedIndex":13,"dbSizeInUse":16384}}]',
  'status 3.4':
    '[{"Endpoint":"http://127.0.0.1:23791","Status":{"header":{"cluster_id":883846085753845268,"member_id":18019771712233889772,"revision":1,"raft_term":2},"version":"3.4.23","dbSize":20480,"leader":15834420835810927699,"raftIndex":8,"raftTerm":2,"raftAppliedIndex":8,"dbSizeInUse":16384}}]',
  'status with an alarm':
    '[{"Endpoint":"http://127.0.0.1:23791","Status":{"header":{"cluster_id":883846085753845268,"member_id":18019771712233889772,"revision":4793,"raft_term":2},"version":"3.4.23","dbSize":268439552,"leader":15834420835810927699,"raftIndex":4805,"raftTerm":2,"raftAppliedIndex":4805,"errors":["memberID:18019771712233889772 alarm:NOSPACE "],"dbSizeInUse":264220672}}]',
  'status of a learner without leader':
    '[{"Endpoint":"http://127.0.0.1:23793","Status":{"header":{"cluster_id":883846085753845268,"member_id":15309287015399781347,"raft_term":2},"version":"3.4.23","dbSize":20480,"raftIndex":8,"raftTerm":2,"raftAppliedIndex":8,"errors":["etcdserver: no leader"],"dbSizeInUse":16384,"isLearner":true}}]',
  'status 3.6 (constructed)':
    '[{"Endpoint":"http://127.0.0.1:23794","Status":{"header":{"cluster_id":16144580830653016185,"member_id":13075981515695358060,"revision":6,"raft_term":2},"version":"3.6.6","dbSize":20480,"leader":15912635142952295749,"raftIndex":13,"raftTerm":2,"raftAppliedIndex":13,"dbSizeInUse":16384,"storageVersion":"3.6.0","dbSizeQuota":2147483648,"downgradeInfo":{"enabled":true,"targetVersion":"3.5.0"}}}]',
  health:
    '[{"endpoint":"http://127.0.0.1:23795","health":true,"took":"7.948109ms"},{"endpoint":"http://127.0.0.1:23794","health":true,"took":"8.992816ms"},{"endpoint":"http://127.0.0.1:23796","health":true,"took":"7.969031ms"}]',
  'health, member down':
    '[{"endpoint":"http://127.0.0.1:23793","health":false,"took":"3.000935071s","error":"context deadline exceeded"}]',
  'health under NOSPACE':
    '[{"endpoint":"http://127.0.0.1:23794","health":false,"took":"3.279959ms","error":"Active Alarm(s): NOSPACE NOSPACE NOSPACE "}]',
  'member list':
    '{"header":{"cluster_id":16144580830653016185,"member_id":2377484805097210193,"raft_term":2},"members":[{"ID":2377484805097210193,"name":"n2","peerURLs":["http://127.0.0.1:23807"],"clientURLs":["http://127.0.0.1:23795"]},{"ID":13075981515695358060,"name":"n1","peerURLs":["http://127.0.0.1:23806"],"clientURLs":["http://127.0.0.1:23794"]},{"ID":15912635142952295749,"name":"n3","peerURLs":["http://127.0.0.1:23808"],"clientURLs":["http://127.0.0.1:23796"]}]}',
  'member list --hex':
    '{"header":{"cluster_id":"e00d12ba52a76879","member_id":"b57737e8b498806c","raft_term":2},"members":[{"ID":"20fe85d572b54151","name":"n2","peerURLs":["http://127.0.0.1:23807"],"clientURLS":["http://127.0.0.1:23795"]}]}',
  'member add --learner':
    '{"header":{"cluster_id":883846085753845268,"member_id":18019771712233889772,"raft_term":2},"member":{"ID":15309287015399781347,"peerURLs":["http://127.0.0.1:23803"],"isLearner":true},"members":[{"ID":15309287015399781347,"peerURLs":["http://127.0.0.1:23803"],"isLearner":true}]}',
  'member list, a learner that was never started':
    '{"header":{"cluster_id":883846085753845268,"member_id":18019771712233889772,"raft_term":2},"members":[{"ID":18019771712233889772,"name":"n1","peerURLs":["http://127.0.0.1:23801"],"clientURLs":["http://127.0.0.1:23791"]},{"ID":15309287015399781347,"peerURLs":["http://127.0.0.1:23803"],"isLearner":true}]}',
  'member remove':
    '{"header":{"cluster_id":16144580830653016185,"member_id":2377484805097210193,"raft_term":2},"members":[{"ID":13075981515695358060,"name":"n1","peerURLs":["http://127.0.0.1:23806"],"clientURLs":["http://127.0.0.1:23794"]}]}',
  'move-leader': '{}',
  'alarm list 3.4, none': '{}',
  'alarm list 3.4': '{"alarms":[{"memberID":18019771712233889772,"alarm":1}]}',
  'alarm list 3.5, none':
    '{"header":{"cluster_id":16144580830653016185,"member_id":15912635142952295749,"revision":6,"raft_term":2}}',
  'alarm list 3.5':
    '{"header":{"cluster_id":16144580830653016185,"member_id":15912635142952295749,"revision":6,"raft_term":2},"alarms":[{"memberID":15912635142952295749,"alarm":1}]}',
  'alarm disarm 3.5':
    '{"header":{"cluster_id":16144580830653016185,"member_id":15912635142952295749,"revision":6,"raft_term":2},"alarms":[{"memberID":15912635142952295749,"alarm":1},{"memberID":13075981515695358060,"alarm":1}]}',
  hashkv:
    '[{"Endpoint":"http://127.0.0.1:23794","HashKV":{"header":{"cluster_id":16144580830653016185,"member_id":13075981515695358060,"revision":6,"raft_term":2},"hash":3065152303,"compact_revision":-1}},{"Endpoint":"http://127.0.0.1:23795","HashKV":{"header":{"cluster_id":16144580830653016185,"member_id":2377484805097210193,"revision":6,"raft_term":2},"hash":3065152303,"compact_revision":-1}}]',
  'snapshot status 3.5': '{"hash":296327606,"revision":6,"totalKey":13,"totalSize":20480}',
  'snapshot status 3.4': '{"hash":40717993,"revision":4793,"totalKey":1036,"totalSize":107421696}',
  'gateway status':
    '{"header":{"cluster_id":"883846085753845268","member_id":"18019771712233889772","revision":"1","raft_term":"2"},"version":"3.4.23","dbSize":"20480"}',
} as const;
