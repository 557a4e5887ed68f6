import { Fragment, lazy, type ReactNode, Suspense } from 'react';
import type { PageBlock } from '../../contract.ts';
import { type Act, Controls } from './controls.tsx';
import { Picture } from './picture.tsx';
import { deepText, ImageShape, listOf } from './shapes.ts';
import { TableBlock } from './table-block.tsx';
import { Text } from './text.tsx';

/** The renderer of everything else is large, and Drydock's own cards do without it. */
const OtherBlock = lazy(() =>
  import('./other-block.tsx').then(({ OtherBlock: component }) => ({ default: component })),
);

/** What blocks need beside themselves. */
export interface BlocksProps {
  readonly blocks: readonly PageBlock[];
  /** Called when somebody presses or chooses something. */
  readonly onAct: Act;
}

/** Block Kit: what Drydock sends by this page's own code, every other kind by slack-blocks-to-jsx. */
export function Blocks({ blocks, onAct }: BlocksProps): ReactNode {
  return (
    <div className="blocks">
      {blocks.map((block, index) => (
        <Fragment key={block.block_id ?? index}>
          <OneBlock block={block} onAct={onAct} />
        </Fragment>
      ))}
    </div>
  );
}

function OneBlock({ block, onAct }: { readonly block: PageBlock; readonly onAct: Act }): ReactNode {
  switch (block.type) {
    case 'header':
      return <h3 className="block-header">{deepText([block['text']])}</h3>;
    case 'section':
      return <Section block={block} onAct={onAct} />;
    case 'context':
      return (
        <div className="block-context">
          {listOf(block['elements']).map((element, index) => (
            <ContextElement key={index} element={element} />
          ))}
        </div>
      );
    case 'divider':
      return <hr />;
    case 'actions':
      return <Controls elements={listOf(block['elements'])} onAct={onAct} />;
    case 'table':
      return <TableBlock rows={block['rows']} settings={block['column_settings']} />;
    case 'image':
      return <Picture image={block} />;
    default:
      return (
        <Suspense fallback={<p>{deepText(block)}</p>}>
          <OtherBlock block={block} />
        </Suspense>
      );
  }
}

function Section({ block, onAct }: { readonly block: PageBlock; readonly onAct: Act }): ReactNode {
  const fields = listOf(block['fields']);
  const { accessory } = block;
  const image = ImageShape.safeParse(accessory).success;
  return (
    <div className="block-section">
      <div className="block-text">
        <Text value={block['text']} />
        {fields.length > 0 && (
          <div className="block-fields">
            {fields.map((field, index) => (
              <div key={index}>
                <Text value={field} />
              </div>
            ))}
          </div>
        )}
      </div>
      {accessory !== undefined &&
        (image ? <Picture image={accessory} small /> : <Controls elements={[accessory]} onAct={onAct} />)}
    </div>
  );
}

function ContextElement({ element }: { readonly element: unknown }): ReactNode {
  return ImageShape.safeParse(element).success ? <Picture image={element} small /> : <Text value={element} />;
}
