import { describe, expect, test } from 'vitest';
import { createPrometheusMetrics } from '../../../../src/adapters/metrics/prometheus-metrics.ts';

describe('createPrometheusMetrics', () => {
  test('counts runs, steps, calls of Slack, acknowledgements and lag', async () => {
    const metrics = createPrometheusMetrics({ defaults: false });

    metrics.runEnded('etcd-defrag', 'succeeded');
    metrics.runEnded('etcd-defrag', 'succeeded');
    metrics.stepDone('etcd.defragment@1', 4.2);
    metrics.slackCall('chat.update', 'rate-limited');
    metrics.slackDenied('chat.update', 'ordinary');
    metrics.slackRateLimited('chat.update');
    metrics.acknowledged('command', 0.004);
    metrics.projectorLag(0.3);

    const text = await metrics.text();
    expect(text).toContain('drydock_runs_ended_total{runbook="etcd-defrag",outcome="succeeded"} 2');
    expect(text).toContain('drydock_step_seconds_bucket{le="5",kind="etcd.defragment@1"} 1');
    expect(text).toContain('drydock_slack_calls_total{method="chat.update",outcome="rate-limited"} 1');
    expect(text).toContain('drydock_slack_calls_denied_total{method="chat.update",use="ordinary"} 1');
    expect(text).toContain('drydock_slack_rate_limited_total{method="chat.update"} 1');
    expect(text).toContain('drydock_ack_seconds_bucket{le="0.005",kind="command"} 1');
    expect(text).toContain('drydock_projector_lag_seconds_count 1');
  });

  test('reads phases and queue depth when asked', async () => {
    const metrics = createPrometheusMetrics({ defaults: false });
    let phases = new Map([
      ['running', 2],
      ['planning', 1],
    ]);
    metrics.read({
      runsByPhase: async () => await Promise.resolve(phases),
      queueDepth: async () => await Promise.resolve(7),
    });

    expect(await metrics.text()).toContain('drydock_runs{phase="planning"} 1');
    phases = new Map([['running', 1]]);
    const text = await metrics.text();

    expect(text).toContain('drydock_runs{phase="running"} 1');
    expect(text).not.toContain('planning');
    expect(text).toContain('drydock_queue_depth 7');
  });

  test('leaves out what cannot be read', async () => {
    const metrics = createPrometheusMetrics({ defaults: false });
    let fails = false;
    metrics.read({
      queueDepth: async () => await (fails ? Promise.reject(new Error('no Redis')) : Promise.resolve(7)),
    });

    expect(await metrics.text()).toContain('drydock_queue_depth 7');
    fails = true;

    expect(await metrics.text()).not.toMatch(/^drydock_queue_depth \d/m);
  });

  test('two sets do not share anything, and the process is described by default', async () => {
    const one = createPrometheusMetrics();
    const two = createPrometheusMetrics();
    one.slackRateLimited('chat.update');

    expect(await two.text()).not.toContain('method="chat.update"');
    expect(await two.text()).toContain('process_cpu_seconds_total');
    expect(two.contentType).toContain('text/plain');
  });
});
