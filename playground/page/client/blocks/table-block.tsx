import type { ReactNode } from 'react';
import { z } from 'zod';
import { Mrkdwn } from '../mrkdwn/mrkdwn.tsx';
import { usePage } from '../state/page-context.ts';
import { deepText } from './shapes.ts';

const Rows = z.array(z.array(z.unknown()));
const Settings = z.array(
  z
    .looseObject({ align: z.enum(['left', 'center', 'right']).optional(), is_wrapped: z.boolean().optional() })
    .nullable(),
);
const RawText = z.object({ type: z.literal('raw_text'), text: z.string() });

/** A table block; its first row is the heading. Wider than its place it scrolls in itself, by keys too. */
export function TableBlock({ rows, settings }: { readonly rows: unknown; readonly settings: unknown }): ReactNode {
  const [head = [], ...body] = Rows.safeParse(rows).data ?? [];
  const columns = Settings.safeParse(settings).data ?? [];
  function align(column: number): string {
    return `align-${columns[column]?.align ?? 'left'}`;
  }
  return (
    <section className="block-table" aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((cell, column) => (
              <th key={column} scope="col" className={align(column)}>
                <Cell cell={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={column} className={align(column)}>
                  <Cell cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Cell({ cell }: { readonly cell: unknown }): ReactNode {
  const { directory } = usePage();
  const raw = RawText.safeParse(cell).data;
  return raw === undefined ? <Mrkdwn text={deepText(cell)} directory={directory} /> : raw.text;
}
