import { type ReactNode, useId } from 'react';
import type { InputBlock } from '../blocks/shapes.ts';

/** What an input needs beside its block. */
export interface InputProps {
  readonly block: InputBlock;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}

/** One input of a modal, with label, hint and error tied to it. */
export function Input({ block, value, error, onChange }: InputProps): ReactNode {
  const id = useId();
  const described = [block.hint === undefined ? '' : `${id}-hint`, error === undefined ? '' : `${id}-error`]
    .join(' ')
    .trim();
  const field = {
    id,
    'aria-invalid': error !== undefined,
    'aria-required': !block.optional,
    ...(described === '' ? {} : { 'aria-describedby': described }),
  };
  const { element } = block;
  const choices = element.type === 'radio_buttons' || element.type === 'checkboxes';
  return (
    <div className={error === undefined ? 'input' : 'input input-wrong'}>
      <label htmlFor={id} id={`${id}-label`}>
        {block.label.text}
        {block.optional && <span className="quiet"> (optional)</span>}
      </label>
      {choices ? (
        <Choices block={block} value={value} onChange={onChange} labelledBy={`${id}-label`} />
      ) : element.options !== undefined ? (
        <select {...field} className="menu" value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="">{element.placeholder?.text ?? 'Choose'}</option>
          {element.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.text.text}
            </option>
          ))}
        </select>
      ) : (
        <TextField block={block} value={value} onChange={onChange} field={field} />
      )}
      {error !== undefined && (
        <p className="input-error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
      {block.hint !== undefined && (
        <p className="quiet" id={`${id}-hint`}>
          {block.hint.text}
        </p>
      )}
    </div>
  );
}

interface TextFieldProps extends Pick<InputProps, 'block' | 'value' | 'onChange'> {
  readonly field: Readonly<Record<string, string | boolean>>;
}

function TextField({ block: { element }, value, onChange, field }: TextFieldProps): ReactNode {
  const shared = {
    ...field,
    value,
    maxLength: element.max_length ?? 3000,
    placeholder: element.placeholder?.text ?? '',
    onChange: (event: { readonly target: { readonly value: string } }) => onChange(event.target.value),
  };
  return element.multiline === true ? (
    <textarea {...shared} rows={4} />
  ) : (
    <input {...shared} type={element.type === 'number_input' ? 'number' : 'text'} autoComplete="off" />
  );
}

interface ChoicesProps extends Pick<InputProps, 'block' | 'value' | 'onChange'> {
  readonly labelledBy: string;
}

function Choices({ block, value, onChange, labelledBy }: ChoicesProps): ReactNode {
  const type = block.element.type === 'checkboxes' ? 'checkbox' : 'radio';
  return (
    <div role={type === 'radio' ? 'radiogroup' : 'group'} aria-labelledby={labelledBy} className="choices">
      {block.element.options?.map((option) => (
        <label key={option.value} className="choice">
          <input
            type={type}
            name={block.block_id}
            value={option.value}
            checked={value === option.value}
            onChange={(event) => onChange(event.target.checked ? option.value : '')}
          />
          <span>
            {option.text.text}
            {option.description !== undefined && <span className="quiet"> {option.description.text}</span>}
          </span>
        </label>
      ))}
    </div>
  );
}
